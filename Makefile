# Every target creates or updates .venv first; nothing else needs to be installed by hand.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test laws lint bench chaos alarms screenshots lock clean system-packages

PYTHON ?= python3
ARGS ?=
TESTS ?=
# What Python may have been told of not keeping what it has compiled: each of hundreds of commands would compile anew.
unexport PYTHONDONTWRITEBYTECODE

bin := .venv/bin
installed := .venv/.installed

help: ## say what there is to make (the default)
	@echo "usage: make TARGET"
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 10

demo: $(installed) ## a whole environment with a simulated business, live, until Ctrl-C; ARGS="--for 60 --json"
	@scripts/on-compiled-core $(bin)/kpi demo $(ARGS)

test: system-packages lint ## lint, types and all tests; TESTS=tests/core for some of them; ARGS for pytest
	@$(if $(TESTS),$(bin)/python -m pytest $(TESTS),scripts/all-tests) $(ARGS)

laws: $(installed) ## every law with examples of its own for each run; ARGS="--seed 7 --examples 500"
	@$(bin)/python -m tests.laws $(ARGS)

lint: $(installed) ## ruff and mypy
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@$(bin)/mypy

bench: $(installed) ## what an event costs; ARGS for the benchmark
	@$(bin)/python -m bench $(ARGS)

chaos: $(installed) ## every fault on a genuine Kafka, and a recount; ARGS="--short", "--only TEXT", "--seed 7"
	@$(bin)/python -m tests.chaos $(ARGS)

alarms: $(installed) ## what alarms page on in ordinary years, and what they find; ARGS="--short", "--seed 7"
	@$(bin)/python -m tests.alarms $(ARGS)

screenshots: $(installed) ## the live board's pictures in docs/img, taken by a test
	@BOARD_SCREENSHOTS=docs/img $(bin)/python -m pytest -q tests/browser/test_screenshots.py

lock: $(installed) ## write requirements.lock anew from pyproject.toml; ARGS=--upgrade for newer versions
	@$(bin)/python -m pip install --quiet --disable-pip-version-check uv
	@$(bin)/uv pip compile pyproject.toml --extra demo --extra registry --group dev --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--python-version 3.11 $(ARGS) --quiet --output-file requirements.lock

clean: ## remove .venv and everything that tools left behind
	@rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

system-packages:
	@scripts/system-packages

$(installed): requirements.lock pyproject.toml scripts/venv
	@PYTHON=$(PYTHON) scripts/venv
	@touch $@
