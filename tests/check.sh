#!/bin/sh
# What can be said of the sources without running them.
cd "$(dirname "$0")/.." || exit 1
. tests/steps.sh
bin=.venv/bin

step "ruff" $bin/ruff check .
step "mypy" $bin/mypy
step "directions of imports" $bin/lint-imports
step "spelling" $bin/codespell
if needs "the player's format, lint, types and bundle" node npm; then
    step "packages of the player" make -s player/node_modules/.package-lock.json
    step "the player's format, lint and types" npm run --prefix player --silent lint
    step "the player's bundle is what its sources make" npm run --prefix player --silent check
fi
finish
