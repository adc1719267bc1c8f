# What the pages' sessions begin with; `<!-- setup … -->` calls these.

ended() { local code=$?; printf '\n\x1e%d\n' "$code"; return "$code"; }

ddvoices() {
  [ "$1" = emulator ] && set -- "$@" --port "$PORT"
  command "$PYTHON" -m ddvoices "$@"
}

# Start an emulator, and wait until it listens.
emulator() {
  ddvoices emulator "$@" > "$HOME/.emulator" 2>&1 &
  until [ -s "$HOME/.emulator" ]; do sleep 0.05; done
}

# Start an emulator, and go where a catalog of two voices is.
studio() {
  emulator "$@"
  export DEEPDUB_BASE_URL=http://127.0.0.1:8089/api/v1 DEEPDUB_API_KEY=dd-test
  mkdir -p studio/voices/samples
  cd studio || return
  git init --quiet .
  cp "$EXAMPLES/austen-narrator.wav" voices/samples/narrator.wav
  cp "$EXAMPLES/centralino-it.wav" voices/samples/centralino.wav
  cat > voices/catalog.yaml <<'YAML'
version: 1
owner: acme-studio-7f3k
YAML
  cat > voices/voices.yaml <<'YAML'
voices:
  narrator:
    name: Narrator
    sample: samples/narrator.wav
    gender: male
    locale: en-US
  centralino:
    name: Centralino
    sample: samples/centralino.wav
    gender: male
    locale: it-IT
YAML
}

# The same, applied.
applied() {
  studio && ddvoices -q apply --yes > /dev/null
}
