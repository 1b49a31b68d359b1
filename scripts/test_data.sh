#!/usr/bin/env bash
# Tests on real open data: run them where the data lies beside the repository, say so where it does not.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -d ../shared/data/city ]; then
  echo "no open data at ../shared/data: nothing to test here"
  exit 0
fi
exec "$@" tests/open_data -q -n "${WORKERS:-2}" --dist loadfile
