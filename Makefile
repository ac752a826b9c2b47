# Two commands are all that a newcomer needs: `make run` and `make test`. `make check` is what a change must pass.
SHELL := /bin/sh
PORT ?= 8000
REGION ?= jjj
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint check format lock openapi clean help

help:
	@echo "make run     install, build the page, print the headline table and serve on http://127.0.0.1:$(PORT)"
	@echo "make test    install what the tests need and run all of them"
	@echo "make check   make lint (format, lint, types, import contracts) and make test"

# The environment is made again when the lock or the build changes; a second `make run` skips all of this.
$(VENV)/.installed: requirements.lock pyproject.toml hatch_build.py tools/bootstrap.py
	@$$(command -v python3 || command -v python || echo python3-is-missing) tools/bootstrap.py $(VENV)

run: $(VENV)/.installed
	@$(BIN)/python hatch_build.py
	@$(BIN)/xietong serve --headline --region $(REGION) --port $(PORT)

test: $(VENV)/.installed
	@$(BIN)/python hatch_build.py
	@$(BIN)/python -m pytest

lint: $(VENV)/.installed
	@$(BIN)/ruff format --check src tests benchmarks tools hatch_build.py
	@$(BIN)/ruff check src tests benchmarks tools hatch_build.py
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test

format: $(VENV)/.installed
	@$(BIN)/ruff format src tests benchmarks tools hatch_build.py
	@$(BIN)/ruff check --fix src tests benchmarks tools hatch_build.py

# Pins every dependency with its hashes, for all platforms and Pythons that pyproject.toml allows.
lock:
	@uv pip compile pyproject.toml --universal --all-extras --generate-hashes --no-emit-index-url --no-emit-find-links --quiet \
	  --custom-compile-command "make lock" --output-file requirements.lock

openapi: $(VENV)/.installed
	@$(BIN)/python tools/openapi.py

clean:
	rm -rf $(VENV) build dist src/xietong/app/static ui/node_modules
