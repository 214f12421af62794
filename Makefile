# Everything starts here; only Python 3.11+ and make are needed. `make` alone = lint + types + test + long.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
RUN    := $(VENV)/.runtime
export WATCHER_CORPORA ?= $(abspath $(wildcard ../shared))

.PHONY: all demo run test test-fast long postgresql lint eval bench bench-own bench-peers bench-scale torture torture-workers bench-workers month corpora image schema picture screenshots clean
all: lint test long

# what the product itself needs (demo, run), and what working on it needs on top of that
$(RUN): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "watcher needs Python 3.11 or newer; none was found on the PATH" >&2; exit 2; }
	@test -x $(BIN)/python || { echo "making a virtual environment in $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "installing what watcher needs (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -m watcher "$$@"\n' "$(CURDIR)" "$(CURDIR)/$(BIN)/python" > $(BIN)/watcher
	@chmod +x $(BIN)/watcher
	@touch $@
$(READY): requirements-dev.lock $(RUN)
	@echo "installing what the tests need (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(RUN)
	@$(BIN)/python -m watcher demo
run: $(RUN)
	@$(BIN)/python -m watcher run
lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@if [ -f Dockerfile ]; then $(BIN)/hadolint Dockerfile; fi
# four at once on any machine: most of them wait for a process, a server or a clock
test: $(READY)
	$(BIN)/pytest -n 4 --dist load --maxschedchunk 2 -m "not long and not corpora and not postgresql_line" $(ARGS)
test-fast: $(READY)
	$(BIN)/pytest -n 4 --dist load --maxschedchunk 2 -m "not slow and not corpora and not postgresql_line" $(ARGS)
# a service killed again and again, two days under a moved clock, feeds made to harm, a disk that fills: two minutes
long: $(READY)
	$(BIN)/pytest -n 4 --dist load --maxschedchunk 2 -m long $(ARGS)
# the line, delivery and all that is told in Slack, with the database on a PostgreSQL server
postgresql: $(READY)
	$(BIN)/pytest -n 4 --dist worksteal -m postgresql_line -o faulthandler_timeout=600 $(ARGS)
# TextRank and LexRank, in a virtual environment of their own: sumy brings a dozen packages that nothing else needs
eval: $(READY)
	@test -x build/baselines/bin/python || { $(BIN)/python -m venv build/baselines && \
	  build/baselines/bin/python -m pip install -q --disable-pip-version-check sumy==0.13.0 numpy; }
	$(BIN)/pytest tests/eval -m "" -s -o faulthandler_timeout=1200 $(ARGS)
bench: bench-own bench-peers
bench-own: $(READY)
	$(BIN)/python -m tests.bench.scoring
	$(BIN)/python -m tests.bench.learning
	$(BIN)/python -m tests.bench.summarising
	$(BIN)/python -m tests.bench.grouping
	$(BIN)/python -m tests.bench.page
	$(BIN)/python -m tests.bench.growth
	$(BIN)/python -m tests.bench.preview
# polling beside reader and rss2email, in a virtual environment of their own. ARGS="--feeds 500"
bench-peers: $(READY)
	@test -x build/peers/bin/r2e || { $(BIN)/python -m venv build/peers && \
	  build/peers/bin/python -m pip install -q --disable-pip-version-check reader==3.26 sgmllib3k==1.0.0 rss2email==3.14; }
	$(BIN)/python -m tests.bench.polling --peers build/peers/bin/python $(ARGS)
# whether it scales: cost by number of feeds, slow servers, feeds made to harm, memory; a quarter of an hour
bench-scale: $(READY)
	$(BIN)/python -m tests.bench.scale $(ARGS)
# the service, killed 200 times at random moments while Slack fails; seven minutes. ARGS="--kills 50 --seed 7"
torture: $(READY)
	$(BIN)/python -m tests.torture $(ARGS)
# three workers on PostgreSQL, killed at random for two minutes while feeds publish. ARGS="--seconds 60 --seed 7"
torture-workers: $(READY)
	$(BIN)/python -m tests.torture_workers $(ARGS)
# what several workers cost and bring, on PostgreSQL; ten minutes. ARGS="--only cost,latency"
bench-workers: $(READY)
	$(BIN)/python -m tests.bench.workers $(ARGS)
# a month of 500 feeds under a clock that is moved: nothing lost or doubled, memory flat. ARGS="--days 8 --feeds 40"
month: $(READY)
	$(BIN)/python -m tests.month $(ARGS)
corpora: $(READY)
	$(BIN)/pytest -n 2 --dist loadfile -m corpora -o faulthandler_timeout=1200 $(ARGS)
image:
	@image=$$(tests/image/build.sh) && tests/image/smoke.sh "$$image"
schema: $(READY)
	$(BIN)/python -m watcher.config.schema > config/watcher.schema.json
picture: $(RUN)
	@$(BIN)/python -m docs.make_alert_picture
	@$(BIN)/python -m docs.make_preview_picture
# the console page of the demo, in Chromium
screenshots: $(READY)
	@$(BIN)/python -m docs.make_page_pictures
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
