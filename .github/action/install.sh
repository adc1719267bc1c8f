#!/usr/bin/env bash
# Install ddvoices from this checkout of it, into an environment of its own. Its dependencies come from the index
# that pip is set to; what builds and installs them is not to see a key.
set -euo pipefail
unset "${!DEEPDUB_API_KEY@}"
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error title=ddvoices::Python 3.11 or newer is needed: put actions/setup-python before this step"
  exit 1
fi
python3 -m venv "$RUNNER_TEMP/ddvoices-venv"
"$RUNNER_TEMP/ddvoices-venv/bin/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH[page]"
echo "$RUNNER_TEMP/ddvoices-venv/bin" >>"$GITHUB_PATH"
