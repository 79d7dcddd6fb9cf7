# Two commands do everything: `make demo` and `make test`. `make help` lists the rest.
# Nothing but Python >= 3.11 and make is assumed; PYTHON=... picks another interpreter.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PORT ?= 8000
ARGS ?=
BUILT := lichen/web/static/built/manifest.json
FRONTEND := $(shell find frontend -name node_modules -prune -o -type f -print)

.PHONY: help setup setup-dev demo test lint bench reference screenshots lock clean

help:            ## What each target does
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.python:
	@$(PYTHON) scripts/make_venv.py $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements.lock pyproject.toml
	@echo "setup: installing the runtime packages (hash-checked) into $(VENV)"
	@$(PIP) install --quiet --require-hashes --requirement requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "setup: installing the test tools (hash-checked) into $(VENV)"
	@$(PIP) install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

# Node builds this once and is not needed afterwards; the machine's own if new enough, else from a Python wheel.
$(BUILT): $(FRONTEND) scripts/build_frontend.py requirements-node.lock | $(VENV)/.python
	@echo "setup: building the pages' scripts and styles"
	@$(BIN)/python scripts/build_frontend.py

setup: $(VENV)/.runtime $(BUILT) ## Install the runtime into .venv and build the pages; the command is .venv/bin/lichen
setup-dev: setup $(VENV)/.dev    ## Install the test tools as well

demo: setup      ## Start everything and replay official data through HJ 212 devices (PORT=8000, ARGS=...)
	@exec $(BIN)/lichen demo --port $(PORT) $(ARGS)

test: setup-dev  ## Run every test (ARGS="-k name" narrows)
	@echo "test: unit, property, golden, journey tests with real NATS, PostgreSQL and ClickHouse (chDB)"
	@exec $(BIN)/python -m pytest $(ARGS)

lint: setup-dev  ## Style, types, import contracts, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy lichen
	$(BIN)/python scripts/build_frontend.py check
	$(BIN)/lichen manage makemigrations --check --dry-run

bench: setup-dev ## Measure codec, gateway, ledger, store, pipeline, web, face
	@exec $(BIN)/lichen bench $(ARGS)

screenshots: setup-dev  ## Take the pictures of docs/screenshots from a fresh demo (Chromium)
	@$(BIN)/python scripts/screenshots.py

reference: setup-dev  ## Write docs/reference from the code
	@$(BIN)/python scripts/make_reference.py

lock: setup-dev  ## Re-pin the dependencies with hashes (maintainers)
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --group build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --constraint requirements.lock --group build --group dev pyproject.toml --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" requirements-node.in --output-file requirements-node.lock

clean:           ## Remove the environment and the data of the demo
	rm -rf $(VENV) var build *.egg-info frontend/node_modules lichen/web/static/built
