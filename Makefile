# `make run` and `make test` work from a bare checkout; each set-up step leaves a stamp in .venv, so the second time is quick.
PYTHON ?= python3.11
BIN := .venv/bin
STAMPS := .venv/.stamps
# modules that write a generated document; with --check they only say whether it is fresh
GENERATED := shared.schemas.documents shared.messaging.topology
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONWARNINGS := ignore::DeprecationWarning

.DEFAULT_GOAL := help
.PHONY: help run test check bench fmt lock docs screenshots clean servers

help: ## List what make can do
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(STAMPS)/assets ## Start the whole suite with demo data, here, on embedded parts
	POD_MODE=demo exec $(BIN)/pod up

# three, since a test often waits for a server; in the order of their files, so that the longest, tests/browser, begin first
test: servers $(STAMPS)/assets $(STAMPS)/test-assets check ## Run every check and test, installing what they need
	$(BIN)/python -m pytest tests --numprocesses 3 --dist loadfile --no-loadscope-reorder

check: $(STAMPS)/packages ## Run the checks that need no server
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@for part in $(GENERATED); do $(BIN)/python -m $$part --check || exit 1; done

bench: $(STAMPS)/assets servers ## Measure, print the table, write bench.json
	$(BIN)/python -m tests.benchmarks

fmt: $(STAMPS)/packages ## Sort imports and mend what ruff can mend
	$(BIN)/ruff check --fix .

docs: $(STAMPS)/packages ## Regenerate the documents that are made from code
	@for part in $(GENERATED); do $(BIN)/python -m $$part; done

lock: $(STAMPS)/packages ## Compile requirements.lock anew
	$(PYTHON) -m venv .venv/uv && .venv/uv/bin/pip install -q uv
	.venv/uv/bin/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements-dev.in -o requirements.lock

screenshots: $(STAMPS)/assets ## Take the pictures of docs/screenshots anew
	$(BIN)/python -m tests.browser.screenshots

clean: ## Remove what set-up and the demo made
	rm -rf .venv build var *.egg-info shared/web/static/vendor

$(BIN)/python:
	$(PYTHON) -m venv .venv

$(STAMPS)/packages: requirements.lock pyproject.toml | $(BIN)/python
	@mkdir -p $(STAMPS)
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/assets: $(STAMPS)/packages shared/web/assets.toml
	$(BIN)/python -m shared.web.assets
	@touch $@

$(STAMPS)/test-assets: $(STAMPS)/packages tests/support/axe_core.py
	$(BIN)/python -m tests.support.axe_core
	@touch $@

servers:
	@sh tests/support/install.sh
