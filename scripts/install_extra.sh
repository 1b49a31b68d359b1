#!/usr/bin/env bash
# Installs optional dependency groups of pyproject.toml into .venv. `cch` may fail: it has no wheel for every platform, and everything works without.
set -euo pipefail
cd "$(dirname "$0")/.."
for extra in "$@"; do
  if ! .venv/bin/python -m pip install --quiet --editable ".[$extra]"; then
    [ "$extra" = cch ] || exit 1
    echo "note: pyroutingkit could not be installed; the travel matrix uses our own search instead"
  fi
done
