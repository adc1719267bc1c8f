# Two commands for a newcomer: `make demo` and `make test`. Each makes its own environment in .venv and needs
# nothing but Python 3.11 or newer, make and the package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# most tests wait for a program that they have started, so two for each core keep all cores busy
WORKERS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))
# CI sets this: coverage doubles the time
COVERAGE ?=

.DEFAULT_GOAL := help
.PHONY: help demo test compiled packages prove search fuzz browser test-peers test-pages test-ci test-lowest lint check format bench docs site clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## The whole tour on two local regions, without a key
	@$(BIN)/ddvoices demo

test: $(VENV)/.dev compiled packages ## All tests but the long proofs; COVERAGE=1 also counts lines and branches
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(if $(COVERAGE),--cov --cov-report=term:skip-covered)

# An installed program is compiled by pip, this one in its tree by its first start, where Python may write that.
compiled: $(VENV)/.demo
	@$(BIN)/python -m compileall -q ddvoices

# A Secret Service and shells to test with, and a browser; where they can't be installed, their tests skip and say so.
PACKAGES := gnome-keyring-daemon:gnome-keyring dbus-daemon:dbus-daemon zsh:zsh fish:fish
browser: PACKAGES := chromium:chromium
packages browser:
	@missing=""; for each in $(PACKAGES); do \
		command -v "$${each%%:*}" >/dev/null || missing="$$missing $${each#*:}"; \
	done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	fi

prove: $(VENV)/.dev compiled ## The long proofs: killed anywhere, every fault in every call
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m proof

search: $(VENV)/.dev ## New random worlds for the state machine, STEPS=50000: what it finds is kept as a file
	DDVOICES_SEARCH_STEPS=$(or $(STEPS),50000) $(BIN)/pytest -q -m proof tests/machine -k thousands_of_steps

fuzz: $(VENV)/.dev ## Bytes that no parser of ours has seen, EXAMPLES=20000 each: what breaks one is kept as a file
	DDVOICES_FUZZ_EXAMPLES=$(or $(EXAMPLES),20000) $(BIN)/pytest -q -n $(WORKERS) tests/fuzz -k no_bytes_break

test-peers: $(VENV)/.dev compiled ## The official clients for Python and Node against the emulator, and ours beside them
	@$(MAKE) --no-print-directory --keep-going .peers/.ready .peers-node/.ready || [ -z "$$CI" ]
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m peers tests/peers

test-pages: $(VENV)/.dev compiled browser ## The pages that are to be heard or read, in Debian's Chromium
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m pages tests/review tests/docs

test-ci: $(VENV)/.dev compiled ## The files for GitHub, GitLab and pre-commit against their linters, and tried
	@$(MAKE) --no-print-directory .ci-lint/.ready || [ -z "$$CI" ]
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m ci tests/ci

# Those that use what is installed: requests and urllib3, websockets, PyYAML, jsonschema, tinytag, keyring, click,
# rich, and the emulator's. The linters are held to their lower bounds, too.
USERS := tests/audio tests/auth tests/client tests/catalog/test_catalog_examples.py tests/catalog/test_catalog_files.py \
	tests/catalog/test_catalog_schemas.py tests/cli/test_help.py tests/cli/test_voices.py tests/flow/test_apply.py \
	tests/review/test_page_escaping.py tests/emulator/test_emulator_described.py tests/emulator/test_emulator_open.py tests/emulator/test_emulator_tts.py

test-lowest: .lowest/.ready ## The tests that use what is installed, with the lowest versions that pyproject.toml allows
	.lowest/bin/ruff check --no-cache
	.lowest/bin/mypy --cache-dir .lowest/mypy
	.lowest/bin/pytest -n $(WORKERS) --dist worksteal $(USERS)

lint: $(VENV)/.dev ## Style, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test site ## What to run before a commit; CI runs the proofs too

format: $(VENV)/.dev ## Put the code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev compiled browser .peers/.ready ## Measurements, as ratios against a peer in the same run
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/sockets.py
	$(BIN)/python benchmarks/batch.py
	$(BIN)/python benchmarks/apply.py
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/pages.py

docs: $(VENV)/.dev ## Write what the documents quote of the program
	$(BIN)/python docs/generate.py

site: $(VENV)/.dev ## Build the documents' site into .site/html: no broken link, nothing from elsewhere
	$(BIN)/python docs/website.py

clean: ## Remove what these targets have made
	rm -rf $(VENV) .site .peers .peers-node .ci-lint .lowest dist .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# A half-made environment is made anew: the stamps are written last.
$(VENV)/.pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, and $(PYTHON) is older: make PYTHON=python3.12 ..." >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

# The official SDKs are peers to measure and test against, never a dependency.
.peers/.ready: tests/peers/requirements.txt
	rm -rf .peers
	$(PYTHON) -m venv .peers
	.peers/bin/python -m pip install --quiet --requirement $<
	@touch $@

.peers-node/.ready: tests/peers/package.json
	rm -rf .peers-node
	mkdir .peers-node
	cp $< .peers-node/
	npm install --prefix .peers-node --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error
	@touch $@

.ci-lint/.ready: tests/ci/requirements.txt tests/ci/package.json
	rm -rf .ci-lint
	$(PYTHON) -m venv .ci-lint
	.ci-lint/bin/python -m pip install --quiet --requirement tests/ci/requirements.txt
	cp tests/ci/package.json .ci-lint/
	npm install --prefix .ci-lint --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error
	@touch $@

.lowest/.ready: pyproject.toml tests/lowest.py
	rm -rf .lowest
	$(PYTHON) -m venv .lowest
	.lowest/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.lowest/bin/python tests/lowest.py > .lowest/constraints.txt
	.lowest/bin/python -m pip install --quiet --constraint .lowest/constraints.txt --editable '.[emulator]' --group dev
	@touch $@

$(VENV)/.demo: $(VENV)/.pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[emulator]'
	@touch $@

$(VENV)/.dev: $(VENV)/.demo pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@
