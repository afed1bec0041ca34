# `make run` starts Errata; `make test` passes every test. Both set up what they need on a Debian machine that has git, make,
# Rust and Node.js. Caches lie outside the checkout, so that a clean clone is fast the second time.

CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/errata
export CARGO_TARGET_DIR ?= $(CACHE)/target
export npm_config_cache ?= $(CACHE)/npm
DATA ?= ./data
LISTEN ?= 127.0.0.1:8000

WEB := dataplane/web

.PHONY: run build web test browser bench bench-build bench-million bench-rooms check clean

## run: build everything and serve on $(LISTEN), data in $(DATA)
run: build
	$(CARGO_TARGET_DIR)/release/errata serve --data $(DATA) --listen $(LISTEN)

## build: the release binary with the web pages in it
build: web
	cargo build --release --locked -p errata

## web: the web bundle
web: $(WEB)/dist/index.html

$(WEB)/dist/index.html: $(WEB)/package-lock.json $(WEB)/package.json $(shell find $(WEB)/src $(WEB)/index.html $(WEB)/vite.config.ts -type f 2>/dev/null)
	cd $(WEB) && npm ci --no-audit --no-fund && npm run build

## test: every suite; prints each suite's time and fails on a skip that is not expected
test:
	e2e/run

## browser: the web in headless Chromium against a real server, alone
browser: web
	cargo build --locked --profile ci -p errata
	cargo test --locked --profile ci -p errata-e2e --test browser -- --nocapture

## check: types only, fast
check:
	cargo check --workspace --all-targets

# One build for server, load generator and echo: two would compile shared crates with two sets of features.
bench-build: web
	cargo build --release --locked -p errata -p errata-e2e

## bench: the whole process from outside, as ratios within one run (see BENCHMARKS.md); takes about three minutes
bench: bench-build
	ERRATA_BIN=$(CARGO_TARGET_DIR)/release/errata $(CARGO_TARGET_DIR)/release/errata-bench

## bench-million: the same, then filled to a million events; takes about ten minutes
bench-million: bench-build
	ERRATA_BIN=$(CARGO_TARGET_DIR)/release/errata $(CARGO_TARGET_DIR)/release/errata-bench --million

## bench-rooms: the rooms by themselves
bench-rooms:
	cargo bench --locked -p errata-pipeline
	cargo run --release --locked -p errata-store --example ingest_speed -- 40000 250

## clean: what was built in the checkout; caches stay
clean:
	rm -rf $(WEB)/dist $(WEB)/node_modules
