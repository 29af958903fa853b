#!/bin/sh
# Every test, from the environment that `make test` has made: model, notebooks, player, built book.
cd "$(dirname "$0")/.." || exit 1
. tests/steps.sh
python=.venv/bin/python

# A test starts some hundred Pythons: what they compile is kept, as Python does by itself.
unset PYTHONDONTWRITEBYTECODE

needs "tests that dissect with tshark" tshark || :
# What needs the kernel mostly waits, and the model's own tests take one processor: all of it runs beside the steps
# below, and is told at the end. Each process reads only the files of its own tests.
begin "the running kernel: proofs" $python -m pytest -q -m kernel tests/lab/proving
begin "the running kernel: grounds, programs" $python -m pytest -q -m kernel tests/lab --ignore=tests/lab/proving
begin "the running kernel: recordings, data path" $python -m pytest -q -m kernel tests/capture tests/datapath tests/why
begin "the running kernel: labs, shell" $python -m pytest -q -m kernel tests/labs tests/shell
begin "the model and its recordings" $python -m pytest -q -m "not kernel" tests \
    --ignore=tests/browser --ignore=tests/book --ignore=tests/guest

# nbval runs each cell again and compares what it prints with what the book shows; labs on the model.
# What they print on other grounds is compared by tests/labs.
export PACKETWALK_GROUND=model
notebooks() { # notebooks FOLDER: cell by cell
    find "$1" -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*' -exec $python -m pytest -q -p tests -o "addopts=$ADDOPTS" \
        --nbval --nbval-cell-timeout 120 --nbval-sanitize-with labs/sanitize.cfg -p no:cacheprovider {} +
}
ADDOPTS="--import-mode=importlib -ra" # those of pyproject.toml, but with nbval
step "notebooks of the labs, cell by cell" notebooks labs
step "notebooks of the book, cell by cell" notebooks book

step "Binder's files and packages" tests/binder/run.sh
if needs "the player's own tests" node npm; then
    step "packages of the player" make -s player/node_modules/.package-lock.json
    step "the player" npm test --prefix player --silent
fi

step "the book, strictly" make -s build
step "the built book: links, anchors, rules of notebooks" $python -m pytest -q tests/book
if needs "the book in a browser" chromium node npm; then
    step "packages of the browser tests" make -s tests/browser/node_modules/.package-lock.json
    step "the book in a browser" $python -m pytest -q -n 2 tests/browser
fi
await
finish
