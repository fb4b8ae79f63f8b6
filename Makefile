# The two commands are `make run` and `make test`; `make help` lists the rest.
# Each target first runs local/setup.sh, which returns at once when nothing has changed.
# `make run PYTHON=python3.12` picks an interpreter.

SHELL := /bin/sh
VENV_PYTHON := .venv/bin/python
export PYTHON

.PHONY: help setup run test lint format faults bench bench-cost clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-19s%s\n", $$1, $$2 }'

setup: ## install the pinned Python and npm packages into this folder
	@sh local/setup.sh

run: setup ## start the service on this machine and keep it running until Ctrl-C
	@exec $(VENV_PYTHON) -m local.run

lint: setup ## check format, style and types
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m mypy .

test: lint ## run every check and every test
	$(VENV_PYTHON) -m pytest --numprocesses=auto --maxprocesses=4 --no-loadscope-reorder

format: setup ## rewrite the sources in the one format
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m ruff check --fix .

faults: setup ## post through seeded faults and check the accounts: SEED=1 RUNS=1 N=2000
	$(VENV_PYTHON) -m tests.faults --seed $(or $(SEED),1) --runs $(or $(RUNS),1) --entries $(or $(N),2000)

bench: setup ## measure the service against its baseline
	$(VENV_PYTHON) -m bench
	$(VENV_PYTHON) -m bench.search

bench-cost: setup ## compute what entries cost, beside CloudWatch and the literal specification
	$(VENV_PYTHON) -m bench.cost

clean: ## remove all that was installed, built and stored here
	rm -rf .venv node_modules .build .local cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis
