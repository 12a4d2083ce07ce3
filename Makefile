# make demo    a map from the song in demo/, written to demo/output
# make test    all tests
# make lint    ruff, rules and format; import-linter, whose contracts are in pyproject.toml
# Each makes .venv first when it is missing or older than its requirements. Another Python: make demo PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# One thread a process: the tests run in two processes, and small tensors gain nothing from more.
TEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

.PHONY: demo test lint

demo: $(VENV)/.installed
	$(BIN)/python inference.py audio_path=demo/song.ogg output_path=demo/output difficulty=3.5 seed=1

test: $(VENV)/.installed-dev
	$(TEST)

lint: $(VENV)/.installed-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/lint-imports --no-cache

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.12, or wherever yours is"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/pyvenv.cfg
	@echo "Installing what requirements.txt lists; the first time this takes some minutes"
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	@touch $@
