#!/usr/bin/env bash
# Every check that runs nothing of the service: all are run, then the failed ones are named.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=()
step() {
  local name="$1"
  shift
  local began=$SECONDS log
  log="$(mktemp)"
  if "$@" >"$log" 2>&1; then
    printf '  ok    %-12s %3d s\n' "$name" $((SECONDS - began))
    sed -n 's/^note: /        /p' "$log" # what a passing check did not do
  else
    printf '  FAIL  %-12s %3d s\n' "$name" $((SECONDS - began))
    tail -n "${CHECK_LINES:-60}" "$log"
    failed+=("$name")
  fi
  rm -f "$log"
}
page_types() { make --no-print-directory .venv/.stamps/node && cd web && npm run --silent check; }

step format "$bin/ruff" format --check .
step lint "$bin/ruff" check .
step types "$bin/mypy"
step layers "$bin/lint-imports"
step house "$bin/python" -m pytest -q -p no:cacheprovider tests/test_architecture.py tests/test_docs.py
step secrets "$bin/python" -m scripts.find_secrets
step sbom "$bin/python" -m scripts.make_sbom
step audit "$bin/python" -m scripts.audit
[ -f web/package.json ] && step page page_types
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
echo "all checks passed"
