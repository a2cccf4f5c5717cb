# corpusmill: dumps in, a trained Transformer out. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready

IN     ?=
OUT    ?= out/corpus
CONFIG ?=
RUN    ?= out/run
TRAIN_CONFIG ?= jobs/configs/train.toml
PROMPT ?=
RANKS  ?= 1
FROM   ?=
MODEL  ?= out/model
SET    ?=

DEMO   := out/demo
LAUNCH := $(PY)$(if $(filter-out 1,$(RANKS)), -m trainer.ranks --standalone --nproc-per-node $(RANKS))
OVERRIDES := $(foreach pair,$(SET),--set $(pair))

.PHONY: help setup demo corpus rebuild report train finetune sample export test test-fast check format bench bench-dedup bench-measures bench-parity bench-train bench-gpu bench-extract bench-ingest bench-loader bench-tokenize extract-model toxicity-model zip clean

help: ## list the targets
	@echo "make TARGET [IN=folder of dumps] [OUT=corpus folder] [CONFIG=corpus.toml] [RUN=run folder] [SET='key=value ...']"
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## virtual environment in .venv with the locked dependencies

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "corpusmill needs Python 3.11 or newer, found " + sys.version.split()[0])'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: setup ## dumps to generated text in a few minutes, with input that the project makes itself
	rm -rf $(DEMO)
	$(PY) jobs/make_demo_dumps.py --out $(DEMO)/dumps
	$(PY) jobs/rebuild_corpus.py --config jobs/configs/demo.toml --set input=$(DEMO)/dumps --set output=$(DEMO)/corpus $(OVERRIDES)
	$(PY) jobs/show_fates.py --corpus $(DEMO)/corpus
	$(PY) jobs/train_model.py --config jobs/configs/train_tiny.toml --set data.manifest=$(DEMO)/corpus --set output=$(DEMO)/run
	$(PY) jobs/sample_model.py --run $(DEMO)/run
	$(PY) jobs/show_corpus.py $(DEMO)/corpus

# A configuration may name the output; our own default is none to overrule it.
OUTPUT := $(if $(and $(CONFIG),$(filter file,$(origin OUT))),,--set "output=$(OUT)")

corpus: setup ## build a corpus: IN=folder of mixed dumps OUT=corpus folder [CONFIG=corpus.toml]
	$(PY) jobs/rebuild_corpus.py $(if $(CONFIG),--config "$(CONFIG)") $(if $(IN),--set "input=$(IN)") $(OUTPUT) $(OVERRIDES)

rebuild: setup ## what the scheduler calls: CONFIG=corpus.toml names input and output
	$(PY) jobs/rebuild_corpus.py --config "$(or $(CONFIG),$(error rebuild needs CONFIG=corpus.toml))" $(OVERRIDES)

report: setup ## write the report of the build in force again and print its funnel: OUT=corpus folder
	$(PY) jobs/show_corpus.py "$(OUT)"

# The same of a training configuration: what names the data and the run there stays in force.
placed = $(if $(filter-out file,$(origin $1))$(filter file,$(origin TRAIN_CONFIG)),--set "$2=$($1)")

train: setup ## train on the shards of OUT: [TRAIN_CONFIG=train.toml] [RUN=run folder] [RANKS=n]
	$(LAUNCH) jobs/train_model.py --config "$(TRAIN_CONFIG)" $(call placed,OUT,data.manifest) $(call placed,RUN,output) $(OVERRIDES)

finetune: setup ## go on with the weights of the run FROM, on the shards of OUT: FROM=run folder RUN=run folder [RANKS=n]
	$(LAUNCH) jobs/train_model.py --config jobs/configs/finetune.toml --set "start.run=$(or $(FROM),$(error finetune needs FROM=run folder))" --set "data.manifest=$(OUT)" --set "output=$(RUN)" $(OVERRIDES)

sample: setup ## generated text from the run in RUN: [PROMPT="Once upon"]
	$(PY) jobs/sample_model.py --run "$(RUN)" $(if $(value PROMPT),--prompt '$(subst ','\'',$(value PROMPT))')

export: setup ## the model of the run in RUN as a folder that transformers and others load: MODEL=folder
	$(PY) jobs/export_model.py --set "run=$(RUN)" --set "output=$(MODEL)" $(OVERRIDES)

test: setup ## all tests (those on real dumps are skipped where there are none)
	$(PY) -m pytest

test-fast: setup ## the tests that need no Spark and no ten seconds
	$(PY) -m pytest -m "not spark and not slow"

check: setup ## format, lint, types, direction of dependencies
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: setup ## put all files in the house style
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: setup ## time the kernels beside their peers; appends to tests/benchmarks/history.jsonl
	$(PY) -m tests.benchmarks.bench_minhash

bench-train: setup ## a training step beside a plain loop of the same model, on this CPU
	$(PY) -m tests.benchmarks.bench_train

ON_GPU := $(PY) -m tests.benchmarks.bench_train --device cuda --compile --residual products --profile --vocabulary 50304 --rounds 3

bench-gpu: setup ## the same on a CUDA device: 124M, 350M and 1.3B weights in bfloat16, compiled
	@$(PY) -c 'import sys, torch; sys.exit(None if torch.cuda.is_available() else "no CUDA device here; run make bench-gpu on a machine that has one")'
	$(ON_GPU) --steps 30 --preset 124M --micro 64 --length 1024
	$(ON_GPU) --steps 15 --preset 350M --micro 64 --length 1024
	$(ON_GPU) --steps 15 --preset 1.3B --micro 8 --length 2048

PAGES ?= ../shared/data/html_extraction
DATA ?= ../shared/data
PEERS := .venv-bench/bin/python

.venv-bench/.ready: tests/benchmarks/requirements-extract.txt
	test -x $(PEERS) || $(PYTHON) -m venv .venv-bench
	$(PEERS) -m pip install --quiet --disable-pip-version-check --upgrade "pip>=24"  # 23.2 trips over extras
	$(PEERS) -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements-extract.txt
	@touch $@

bench-extract: setup .venv-bench/.ready ## main text of pages beside its peers [PAGES=folder]; HONEST=--honest trains, too
	$(PY) -m tests.benchmarks.bench_extract $(PAGES) --peers $(PEERS) $(HONEST)

BENCH_FOLDER ?= build/bench

bench-ingest: setup ## peak memory of reading files of 4 GB, made and deleted in BENCH_FOLDER (12 GB free)
	$(PY) -m tests.benchmarks.bench_ingest $(BENCH_FOLDER)

extract-model: setup .venv-bench/.ready ## learn the weights of the extractor again [PAGES=folder]
	mkdir -p build
	$(PY) -m tests.benchmarks.bench_extract $(PAGES) --peers $(PEERS) --teachers build/teachers.json
	OMP_NUM_THREADS=1 $(PY) -m pipeline.extract.html_training $(PAGES) --teachers build/teachers.json

toxicity-model: setup ## learn the weights of the toxicity measure again [DATA=folder]
	$(PY) -m pipeline.measures.toxicity_training $(DATA)

.venv-bench/.dedup: tests/benchmarks/requirements-dedup.txt
	test -x $(PEERS) || $(PYTHON) -m venv .venv-bench
	$(PEERS) -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements-dedup.txt
	@touch $@

bench-dedup: setup .venv-bench/.dedup ## the near-duplicate job on Spark beside its peers [DUMPS=folder]
	$(PY) -m tests.benchmarks.bench_dedup $(or $(DUMPS),../shared/data) --peers $(PEERS)

.venv-bench/.measures: tests/benchmarks/requirements-measures.txt
	test -x $(PEERS) || $(PYTHON) -m venv .venv-bench
	$(PEERS) -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements-measures.txt
	@touch $@

bench-measures: setup .venv-bench/.measures ## normalisation and measures beside ftfy, langdetect and datatrove [DUMPS=folder]
	$(PY) -m tests.benchmarks.bench_measures $(or $(DUMPS),../shared/data) --peers $(PEERS)
	$(PY) -m tests.benchmarks.bench_measure_job $(or $(DUMPS),../shared/data)

bench-parity: setup .venv-bench/.measures ## verdicts and speed of the datatrove variant beside datatrove [DUMPS=folder] [DOLMA=python with dolma]
	$(PY) -m tests.benchmarks.bench_parity $(or $(DUMPS),../shared/data) --peers $(PEERS) $(if $(DOLMA),--dolma $(DOLMA))

bench-tokenize: setup ## the encoder beside tiktoken and tokenizers, and the tokenize job on Spark [DUMPS=folder]
	$(PY) -m tests.benchmarks.bench_tokenize $(or $(DUMPS),../shared/data)

LOADER_PEERS := .venv-bench/loader/bin/python

.venv-bench/loader/.ready: tests/benchmarks/requirements-loader.txt
	test -x $(LOADER_PEERS) || $(PYTHON) -m venv .venv-bench/loader
	$(LOADER_PEERS) -m pip install --quiet --disable-pip-version-check --no-deps -r tests/benchmarks/requirements-loader.txt  # the peers' ranges exclude one another
	@touch $@

bench-loader: setup .venv-bench/loader/.ready ## batches beside five other loaders, up to 1e12 virtual tokens (12 GB free in BENCH_FOLDER)
	$(PY) -m tests.benchmarks.bench_loader $(BENCH_FOLDER) --peers $(LOADER_PEERS)

zip: setup ## dist/corpusmill.zip, for spark-submit --py-files
	$(PY) -c "from pipeline.spark.session import write_code_archive; write_code_archive('dist/corpusmill.zip')"

clean: ## remove what make made, not your corpora
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
