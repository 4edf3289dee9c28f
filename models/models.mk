# SPDX-License-Identifier: MIT
# The protocol's models, searched exhaustively with Spin: models/README.md.

MODEL_JOBS ?= $(shell nproc)

.PHONY: models models-quick check-models
models: ## every search of models/runs: rules hold, weaker variants show their counterexamples (long; MODELS='m' for some)
	$(PYTHON) tools/models --jobs $(MODEL_JOBS) --build $(B)/models $(MODELS:%=--only %)

models-quick: ## the quick searches of models/runs
	$(PYTHON) tools/models --quick --jobs $(MODEL_JOBS) --build $(B)/models

check-models: ## models/README.md names steps and functions that are there
	$(PYTHON) tools/check-models
