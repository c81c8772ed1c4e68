# `make` alone lists what there is.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON := .venv/bin/python
LOCK := .venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11

.PHONY: help setup run pages test check lock backup restore bench bench-peers crash soak clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@scripts/setup.sh

run: setup ## start everything on this machine (Ctrl-C stops it)
	@exec $(PYTHON) -m app.main

pages: setup ## build the pages and check them: types, tests, format
	@$(PYTHON) -m pytest tests/frontend

test: setup ## run the tests (ARGS="-k name" picks some)
	@$(PYTHON) -m pytest -m "not services" -n 3 --dist worksteal $(ARGS)

check: setup ## linters, types, floors, lock files
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m pytest tests/floors
	@$(PYTHON) scripts/check_locks.py

lock: setup ## renew requirements*.txt after a change of requirements*.in
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) -c requirements.txt requirements-prod.in -o requirements-prod.txt

backup: setup ## save the database to a file (FILE=... says which)
	@$(PYTHON) -m app backup $(FILE)

# `make restore FILE`, as one would type it, and `make restore FILE=...`.
ifeq (restore,$(firstword $(MAKECMDGOALS)))
FILE ?= $(word 2,$(MAKECMDGOALS))
.PHONY: $(word 2,$(MAKECMDGOALS))
$(word 2,$(MAKECMDGOALS)): ; @:
endif
restore: setup ## put a backup in the place of what the database holds (make restore FILE)
	@$(PYTHON) -m app restore $(FILE)

bench: setup ## measure everything on this machine, in 20 minutes at most (ARGS="--case drain" picks)
	@$(PYTHON) -m benchmarks $(ARGS)

bench-peers: setup ## the same conversation through Hilo, pywa and n8n (ARGS="--peer pywa" picks)
	@$(PYTHON) -m benchmarks.peers $(ARGS)

crash: setup ## the crash test: kills, pauses, a full disk: nothing is lost or doubled
	@$(PYTHON) -m tests.crash --report docs/crash.md $(ARGS)

soak: setup ## order, crash and load together (ARGS="--minutes 30")
	@$(PYTHON) -m tests.crash.soak $(ARGS)

clean: ## remove what can be made again (your data stays)
	@rm -rf frontend/node_modules frontend/dist* frontend/build.* .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
