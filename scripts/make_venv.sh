#!/usr/bin/env bash
# Makes .venv with the newest Python of 3.11 or later that can make one; installs Debian's python3-venv where only that is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

candidates=("${PYTHON:-}" python3.11 python3 python3.12 python3.13 /usr/bin/python3)
old=""
for python in "${candidates[@]}"; do
  [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 || continue
  if ! fits "$python"; then
    old="$("$python" --version 2>&1 || true)"
    continue
  fi
  if has_venv "$python"; then
    echo "making .venv with $("$python" --version)"
    exec "$python" -m venv .venv
  fi
  without_venv="$python"
done

if [ -n "${without_venv:-}" ]; then
  echo "$("$without_venv" --version) cannot make virtual environments; installing Debian's python3-venv"
  if scripts/apt_install.sh python3-venv && has_venv "$without_venv"; then
    exec "$without_venv" -m venv .venv
  fi
  echo "error: install the package python3-venv (as root: apt-get install python3-venv), then call make again" >&2
  exit 1
fi
echo "error: firstminute needs Python 3.11 or later${old:+, found only $old}; set PYTHON=/path/to/python3.11" >&2
exit 1
