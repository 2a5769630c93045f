# Two commands matter: `make explore` and `make test`. Both set everything up first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup explore test check format bench browser

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

explore: setup
	$(BIN)/musiclime explorer

test: setup browser check
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python benchmarks/stages.py

# The browser tests drive Debian's Chromium; other systems may set CHROMIUM.
browser:
	@command -v $${CHROMIUM:-chromium} >/dev/null || { \
	  echo "Installing Debian's chromium for the browser tests"; \
	  S=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
	  $$S apt-get update -q && $$S apt-get install -y -q --no-install-recommends chromium; }
