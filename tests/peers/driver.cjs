// A program written for the official Node SDK.
//
//     node --require ./loopback.cjs driver.cjs SCENARIO ARGUMENTS
//
// ARGUMENTS are a JSON object. It prints one JSON object: the scenario's `result`, or its `error`. Bytes are
// {"base64": ...}.

"use strict";
const fs = require("node:fs");
const path = require("node:path");
const sdk = path.join(__dirname, "..", "..", ".peers-node", "node_modules", "@deepdub", "node");
const { DeepdubClient } = require(sdk);

const bytes = (data) => ({ base64: Buffer.from(data).toString("base64") });

async function connected(use) {
  const client = new DeepdubClient(process.env.DEEPDUB_API_KEY);
  await client.connect();
  try {
    return await use(client);
  } finally {
    client.socket.close();
  }
}

const scenarios = {
  // Several texts at once on one connection.
  buffers: ({ requests }) =>
    connected(async (client) => {
      const spoken = requests.map(({ text, ...params }) => client.generateToBuffer(text, params));
      return (await Promise.all(spoken)).map(bytes);
    }),

  file: ({ text, name, ...params }) =>
    connected(async (client) => {
      await client.generateToFile(name, text, params);
      return bytes(fs.readFileSync(name));
    }),

  chunks: ({ text, ...params }) =>
    connected(async (client) => {
      const chunks = [];
      const onChunk = (chunk) => chunks.push(bytes(chunk));
      await client.generateToBuffer(text, { ...params, onChunk });
      return chunks;
    }),

  http: async ({ text, name, reference, ...params }) => {
    if (reference !== undefined) {
      params.voiceReference = fs.readFileSync(reference, "base64");
    }
    const client = new DeepdubClient(process.env.DEEPDUB_API_KEY, { protocol: "http" });
    if (name === undefined) {
      return bytes(await client.generateToBuffer(text, params));
    }
    await client.generateToFile(name, text, params);
    return bytes(fs.readFileSync(name));
  },
};

async function main() {
  const [name, args] = process.argv.slice(2);
  let outcome;
  try {
    outcome = { result: await scenarios[name](JSON.parse(args)) };
  } catch (error) {
    outcome = { error: String(error?.message ?? error) };
  }
  process.stdout.write(JSON.stringify(outcome));
}

main();
