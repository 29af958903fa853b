#!/bin/bash
# What Binder would do, without Docker: repo2docker reads the files, then the labs run with Binder's packages only.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

environment() { # environment NAME FILE: a venv with the packages that a file pins, made anew when it changes
    local made=.venv/$1
    cmp -s "$2" "$made/pins" && return
    rm -rf "$made"
    .venv/bin/python -m venv "$made"
    "$made/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -r "$2"
    cp "$2" "$made/pins"
}

# What is in the working tree, as a clone would have it.
mkdir "$copy/repository"
git ls-files -z --cached --others --exclude-standard \
    | while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done \
    | tar --create --null --files-from - | tar --extract --directory "$copy/repository"

echo "== repo2docker"
environment repo2docker tests/binder/repo2docker.txt
.venv/repo2docker/bin/repo2docker --no-build --debug "$copy/repository" > "$copy/dockerfile" 2>&1 \
    || { cat "$copy/dockerfile"; exit 1; }
for line in 'python=3.11' 'pip install --no-cache-dir -r "binder/requirements.txt"' binder/postBuild binder/start; do
    grep -qF -- "$line" "$copy/dockerfile" || { echo "repo2docker does not say: $line"; exit 1; }
done
echo "it reads Python, the packages, postBuild and start"

echo "== the labs with Binder's packages only, on the model"
environment binder binder/requirements.txt
(cd "$copy/repository" && PATH="$here/.venv/binder/bin:$PATH" binder/postBuild)
.venv/binder/bin/python -m pip check
"$copy/repository/binder/start" .venv/bin/python -m tests.binder.notebooks "$copy/repository" "$here/.venv/binder/bin/python"
