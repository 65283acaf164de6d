# Ventanilla: `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run reset test lint fmt explore bench conformance histories lock

VENV := .venv
# Tests at a time
WORKERS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; \
	done)

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1 \2/p' $(MAKEFILE_LIST) | \
		while read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

run: $(BIN)/ventanilla ## Start the portal, the worker and Temporal; Ctrl-C stops them
	@$(BIN)/ventanilla run

reset: $(BIN)/ventanilla ## Delete all data, to start afresh
	@$(BIN)/ventanilla reset

test: $(VENV)/dev ## Run the whole test suite (ARGS="tests/store -x" for a part of it)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

lint: $(VENV)/dev ## Check style, types and the floors' imports
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports

fmt: $(VENV)/dev ## Format the code
	@$(BIN)/ruff check --fix && $(BIN)/ruff format

conformance: $(VENV)/dev ## Run the official conformance kit in the folder that OWS_CTK_DIR names
	@test -n "$$OWS_CTK_DIR" || { echo "Set OWS_CTK_DIR to the folder ctk/features of the Open Workflow Specification: docs/developers.md says how to get it." >&2; exit 1; }
	@$(BIN)/python -m pytest tests/conformance

explore: $(BIN)/ventanilla ## Take every branch of every item of the catalog; this takes half an hour
	@$(BIN)/ventanilla explore catalog_defs

bench: $(VENV)/dev ## Measure, and print the ratios
	@$(BIN)/python -m bench

histories: $(VENV)/dev ## Record what the workflows do now, for the replay tests
	@VENTANILLA_TEST_RECORD=1 $(BIN)/python -m pytest -n $(WORKERS) -q tests/workflows --deselect tests/workflows/test_replay.py && \
		$(BIN)/python -m tests.workflows.fingerprints

lock: $(VENV)/dev ## Write the two files of pinned, hashed requirements anew (needs uv)
	@PATH="$(BIN):$$PATH"; command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }; \
	compile() { uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--no-header --python-version 3.11 pyproject.toml "$$@"; }; \
	compile -o requirements.txt && compile --group dev -c requirements.txt -o requirements-dev.txt

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Ventanilla needs Python 3.11 or newer, and found none." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Cannot create $(VENV). On Debian and Ubuntu:" \
		"apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/runtime: requirements.txt | $(BIN)/python
	@echo "Installing packages; the first time this takes about a minute."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt | $(BIN)/python
	@echo "Installing packages for tests; the first time this takes about a minute."
	@$(PIP) -r requirements-dev.txt
	@touch $@

# The project is run from its root and not installed, so make writes the command itself.
define SCRIPT
#!/bin/sh
here=$$(dirname "$$(readlink -f "$$0")")
exec "$$here/python" "$$here/../../cli.py" "$$@"
endef
export SCRIPT

$(BIN)/ventanilla: $(VENV)/runtime
	@echo "$$SCRIPT" > $@
	@chmod +x $@
