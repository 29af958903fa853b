#!/bin/sh
# What can be said of the sources without running them: all of it, or the parts that are named.
cd "$(dirname "$0")/.." || exit 1
. tests/steps.sh
bin=.venv/bin
parts="ruff mypy imports spelling player"

ruff() { step "ruff" $bin/ruff check .; }
mypy() { step "mypy" $bin/mypy; }
imports() { step "directions of imports" $bin/lint-imports; }
spelling() { step "spelling" $bin/codespell; }
player() {
    needs "the player's format, lint, types and bundle" node npm || return
    step "packages of the player" make -s player/node_modules/.package-lock.json
    step "the player's format, lint and types" npm run --prefix player --silent lint
    step "the player's bundle is what its sources make" npm run --prefix player --silent check
}

for part in ${*:-$parts}; do
    case " $parts " in
        *" $part "*) $part ;;
        *) echo "tests/check.sh: no part $part; valid: $parts" >&2; exit 2 ;;
    esac
done
finish
