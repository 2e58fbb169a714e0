# Entry points for people and CI. `make train` and `make test` are all that a fresh machine needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK_FLAGS = --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	--no-emit-package nvidia-nccl-cu12 --no-emit-package nvidia-nccl-cu13 --quiet

.PHONY: help train test check lock clean bench serve-nightly dashboard screenshots
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/test.stamp: requirements-test.lock $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-test.lock
	@touch $@

train: $(VENV)/run.stamp  ## the main job on the synthetic demo farm: first champion, verdict, next steps
	$(BIN)/python flows/train.py

serve-nightly: $(VENV)/run.stamp  ## retrain/nightly on this machine until Ctrl-C, with a Prefect server where none runs
	$(BIN)/python deployments/serve.py

dashboard: $(VENV)/run.stamp  ## the dashboard on the own store, else on the demo's: http://127.0.0.1:8501
	$(BIN)/streamlit run app/app.py

SCREENSHOT_STORE ?= var/screenshots
screenshots: $(VENV)/test.stamp  ## docs/img/dashboard-*.png, of five nights of the demo farm in a headless Chromium
	test -d $(SCREENSHOT_STORE) || for day in 26 27 28 29 30; do \
	  $(BIN)/python flows/train.py --quiet --store $(SCREENSHOT_STORE) --until 2025-06-$$day --job-hours 0.5 --usd-per-gib-hour 0.005 \
	    --model-families logistic_regression_classification extra_trees_regression quantile_ensemble_regression || exit 1; done
	SCREENSHOTS=docs/img SCREENSHOT_STORE=$(SCREENSHOT_STORE) $(BIN)/python -m pytest tests/app/test_browser.py -k every_page

check: $(VENV)/test.stamp  ## lint, layers, types, fast tests (at most 3 minutes)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not slow"

test: check  ## everything that CI runs
	$(BIN)/python -m pytest -m slow --durations=15

bench: $(VENV)/run.stamp  ## 220,000 rows of the demo farm, stage by stage
	$(BIN)/python benchmarks/farm.py

lock:  ## renew both lock files (needs uv)
	uv pip compile pyproject.toml $(LOCK_FLAGS) --output-file requirements.lock
	uv pip compile pyproject.toml $(LOCK_FLAGS) --extra test --extra dask --constraint requirements.lock --output-file requirements-test.lock

clean:  ## remove the environment and caches; stores under var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
