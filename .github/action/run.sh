#!/usr/bin/env bash
# Run one command of ddvoices, and write what came of it to the step's outputs; `finish` fails the job, if any.
set -euo pipefail
set -f         # the words of INPUT_REGIONS are no patterns
exec 2>&1      # the runner reads two streams in no order, and commands are stopped for one
here=$(dirname "$0")
folder=$RUNNER_TEMP/ddvoices-plan
code=0
export NO_COLOR=1

# Names from outside may begin a line: while a command runs, the runner takes no line for one of its own commands.
guarded() {
  local token status=0
  token=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
  echo "::stop-commands::$token"
  "$@" || status=$?
  printf '\n::%s::\n' "$token"
  return "$status"
}

output() {
  printf '%s=%s\n' "$1" "${2//$'\n'/}" >>"$GITHUB_OUTPUT"
}

ddvoices_here() {
  ddvoices --catalog "$INPUT_CATALOG" "$@"
}

validate() {
  ddvoices_here validate --format github 2>"$folder.err" || code=$?
  guarded cat "$folder.err"
}

# All of it is saved: the plan for `apply`, Markdown for the comment, and a page to hear it by.
make_plan() {
  local options=(--output "$folder/plan.json" --detailed-exitcode --format markdown) region
  for region in ${INPUT_REGIONS//,/ }; do
    options+=(--region "$region")
  done
  if [ "$INPUT_PRUNE" = true ]; then
    options+=(--prune)
  fi
  rm -rf "$folder"
  mkdir "$folder"
  ddvoices_here --quiet plan "${options[@]}" >"$folder/plan.md" || code=$?
  [ -e "$folder/plan.json" ] || return 0
  ddvoices --quiet show "$folder/plan.json" 2>/dev/null # the plan has said its warnings
  # a plan that can't be heard can be read all the same
  ddvoices_here --quiet show "$folder/plan.json" --format html --output "$folder/plan.html" 2>"$folder.err" ||
    cat "$folder.err"
}

count() {
  python3 -c 'import json, pathlib, sys
summary = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))["summary"]
print(sum(summary.values()) - summary["noop"])' "$folder/plan.json"
}

plan() {
  if [ "$(python3 "$here/fork.py")" = yes ]; then
    echo "::notice title=ddvoices::No plan is made for a pull request from a fork, or by a bot: it gets no key"
    return
  fi
  guarded make_plan
  if [ "$code" = 3 ]; then
    validate # says what is wrong beside its line; where it finds nothing the code stays
  fi
  [ -e "$folder/plan.json" ] || return 0
  cat "$folder/plan.md" >>"$GITHUB_STEP_SUMMARY"
  output plan "$folder/plan.json"
  output folder "$folder"
  output changes "$(count)"
}

apply() {
  if [ -n "$INPUT_PLAN" ]; then
    guarded ddvoices_here apply "$INPUT_PLAN" --lock-timeout 60 || code=$?
    if [ "$code" = 5 ]; then
      echo "::error title=ddvoices::The plan that was reviewed is stale: open a pull request, and review a new one"
    fi
    return
  fi
  guarded make_plan
  if [ "$code" = 2 ]; then
    code=5
    echo "::error title=ddvoices::Changes are pending that no plan was reviewed for: open a pull request"
  fi
}

case $INPUT_COMMAND in
validate | plan | apply) "$INPUT_COMMAND" ;;
*)
  echo "::error title=ddvoices::command is validate, plan or apply"
  code=64
  ;;
esac
output exit-code "$code"
