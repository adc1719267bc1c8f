#!/usr/bin/env bash
# Commit the lock that an apply has written, and push it to the branch that was applied.
set -euo pipefail
unset "${!DEEPDUB_API_KEY@}"
lock=$INPUT_CATALOG/ddvoices.lock.json
[ -e "$lock" ] || exit 0
git add -- "$lock"
if git diff --cached --quiet -- "$lock"; then
  exit 0
fi
export GIT_AUTHOR_NAME='github-actions[bot]' GIT_COMMITTER_NAME='github-actions[bot]'
export GIT_AUTHOR_EMAIL=41898282+github-actions[bot]@users.noreply.github.com
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
# The token is in the environment and in no command line; the empty value forgets what actions/checkout may have set.
header=http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader
basic=$(printf 'x-access-token:%s' "$INPUT_TOKEN" | base64 | tr -d '\n')
count=${GIT_CONFIG_COUNT:-0} # what the job has set for git stays
export "GIT_CONFIG_KEY_$count=$header" "GIT_CONFIG_VALUE_$count="
export "GIT_CONFIG_KEY_$((count + 1))=$header" "GIT_CONFIG_VALUE_$((count + 1))=AUTHORIZATION: basic $basic"
export GIT_CONFIG_COUNT=$((count + 2)) GIT_TERMINAL_PROMPT=0
git commit --quiet --message 'Lock the voices' -- "$lock"
for _ in 1 2 3; do
  if git push --quiet origin "HEAD:refs/heads/$GITHUB_REF_NAME"; then
    exit 0
  fi
  git pull --quiet --rebase origin "$GITHUB_REF_NAME" || { git rebase --abort 2>/dev/null || true; break; }
done
echo "::error title=ddvoices::The lock could not be pushed: may this workflow write to the branch? The next apply" \
  "writes it again, and makes no voice twice"
exit 1
