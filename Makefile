# Safe Passage. `make` or `make help` says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
WORKERS ?= 2
LOCK := $(VENV)/bin/uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header
KERNELS := $(shell grep -rl --include=*.py njit sea ingest risk escort)
PAGE := api/page/dist/index.html
PAGE_SOURCES := $(shell find api/page -path api/page/node_modules -prune -o -path api/page/dist -prune -o -type f -print 2>/dev/null)

.PHONY: help run test check unit setup page bench bench-behaviours bench-escort bench-page draw draw-risk screenshot lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup page ## everything up with the exercise `pacific`, at http://127.0.0.1:8080
	@exec $(VENV)/bin/safepassage up --with-parent $(ARGS)

setup: $(VENV)/.run-ready $(VENV)/.warm ## .venv with the `safepassage` command in it

page: $(PAGE) ## the watch-floor page, built into api/page/dist

test: check unit ## lint, types, layers, then all tests with real PostgreSQL, NATS and Chromium

check: $(VENV)/.dev-ready ## ruff, mypy, import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache

unit: $(VENV)/.dev-ready setup page browser readers ## the tests alone; WORKERS=4 ARGS="-k gap"
	@tools/npm-run $(VENV) test
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

bench: $(VENV)/.bench-ready ## benchmarks, as ratios against peers
	$(VENV)/bin/safepassage bench decode

bench-behaviours: setup ## the detectors on exercises nobody tuned them on; ARGS="--base-seed 7"
	$(VENV)/bin/safepassage bench behaviours $(ARGS)

bench-escort: setup ## plans of fresh exercises: gap, seconds, plain ways; ARGS="--seeds 3 --cases dense"
	$(VENV)/bin/safepassage bench escort $(ARGS)

bench-page: $(VENV)/.dev-ready setup page browser ## the page over 50,000 ships at 1 Hz; ARGS="--minutes 2"
	$(PY) tools/bench_page.py $(ARGS)

screenshot: $(VENV)/.dev-ready setup page browser ## docs/img/watch-floor*.png anew, by the browser tests
	@mkdir -p .screenshots
	SAFEPASSAGE_PALETTES=.screenshots $(PY) -m pytest tests/browser/test_watch_habits.py -q -k palette
	@mv .screenshots/palette-dusk.png docs/img/watch-floor.png
	@mv .screenshots/palette-night.png docs/img/watch-floor-night.png
	@rm -r .screenshots

draw: $(VENV)/.warm ## docs/behaviours anew: what each detector says of itself, with pictures
	$(PY) tools/draw_behaviours.py

draw-risk: $(VENV)/.run-ready ## docs/risk.md anew, from the code and the figures in docs/risk
	$(PY) tools/draw_risk.py

lock: $(VENV)/.dev-ready ## requirements*.lock anew from pyproject.toml
	$(LOCK) pyproject.toml --group build -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group bench -o requirements-bench.lock
	$(LOCK) --group node -o requirements-node.lock

clean: ## removes what was built and installed here; data stays
	rm -rf $(VENV) api/page/dist api/page/node_modules .mypy_cache .pytest_cache .ruff_cache

$(VENV)/bin/python:
	@tools/make-venv $(VENV)

$(VENV)/.run-ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Safe Passage runs on …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# A cached kernel does not notice that one it calls has changed: they are compiled anew together.
$(VENV)/.warm: $(KERNELS) $(VENV)/.run-ready
	@echo "Compiling …"
	@find ingest risk sea escort -name '*.nb[ci]' -delete
	@$(PY) -m api.warm
	@touch $@

$(VENV)/.dev-ready: requirements-dev.lock $(VENV)/.run-ready
	@echo "Installing what the tests need …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.bench-ready: requirements-bench.lock $(VENV)/.run-ready
	@echo "Installing the peers of the benchmarks …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

$(PAGE): $(PAGE_SOURCES) | $(VENV)/.run-ready
	@echo "Building the page …"
	@tools/npm-run $(VENV) build
	@touch $@

.PHONY: browser readers
browser:
	@tools/find-browser

readers:
	@tools/find-readers
