# Weles on this machine. `make` lists what there is.
PORT ?= 8080
HOME_DIR ?= $(CURDIR)/.lake
PYTHON ?= python3
export PORT HOME_DIR PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo stop test test-buildkit test-cluster test-unit test-stores test-environments bench lint format clean test-deploy

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Set up what is missing, start a lake, cross the languages: R, Python, curl (PORT=8080 HOME_DIR=.lake)
	@deploy/local/demo.sh

stop: ## Stop the lake that `make demo` left running
	@deploy/local/stop.sh

test: .venv/ready ## Lint, then every test, on a real Docker Engine
	@$(MAKE) --no-print-directory lint
	@deploy/local/engine.sh
	@deploy/local/postgres.sh
	@deploy/local/runtime.sh python "$$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
	@tests/run.sh $(ARGS)

test-cluster: .venv/ready ## The tests that need a Kubernetes: a real one, in namespaces (root; the first time builds it, 10 minutes)
	@deploy/local/engine.sh
	@deploy/local/postgres.sh
	@tests/deploy/cluster/run.sh $(ARGS)

test-buildkit: .venv/ready ## Images built by a BuildKit beside the engine (root; the first time makes one, 5 minutes)
	@deploy/local/engine.sh
	@tests/buildkit_program.sh >/dev/null
	.venv/bin/pytest tests/contract/test_image_build.py tests/integration/builders/test_built_elsewhere.py $(ARGS)

test-stores: .venv/ready ## The integration tests again, on Postgres and on an S3 store instead of files
	@deploy/local/engine.sh
	@deploy/local/postgres.sh
	.venv/bin/pytest --stores=postgres,s3 tests/integration tests/faults $(ARGS)

test-unit: .venv/ready ## The tests that need no Docker Engine
	.venv/bin/pytest -m "not docker" -n auto --dist loadfile $(ARGS)

test-environments: .venv/ready ## The environments that people really have, those that fail too: every one, on a real engine
	@deploy/local/engine.sh
	@deploy/local/postgres.sh
	.venv/bin/pytest tests/environments --measured docs/environments-measured.md $(ARGS)

test-deploy: .venv/ready ## deploy/compose.yaml on a real engine, with images of this checkout (minutes)
	@deploy/local/engine.sh
	@deploy/local/runtime.sh python "$$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
	.venv/bin/pytest -m deploy tests/deploy/compose $(ARGS)

bench: .venv/ready ## Weles beside its peers, on this machine: writes docs/speed.md (half an hour)
	@deploy/local/engine.sh
	@deploy/local/have.sh wrk wrk
	.venv/bin/python -m tests.bench --write docs/speed.md $(ARGS)

lint: .venv/ready ## ruff, mypy --strict, import contracts
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: .venv/ready ## Format the code
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## Remove what was made here (not the lake: `make stop`, then remove HOME_DIR)
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/ready: setup.cfg clients/python/setup.cfg
	@deploy/local/virtualenv.sh .venv -e '.[test,lint]' -e clients/python
	@UV=.venv/bin/uv deploy/local/virtualenv.sh .venv/analysis -e '.[analysis]'
	@touch $@
