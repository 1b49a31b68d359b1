#!/usr/bin/env bash
# Installs Debian packages as root or through sudo, quietly; says what to type where neither is possible.
set -euo pipefail
if ! command -v apt-get >/dev/null 2>&1; then
  echo "error: no apt-get here; install by hand: $*" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as_root=(sudo)
else
  echo "error: need root for: apt-get install $*" >&2
  exit 1
fi
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
run() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >"$log" 2>&1; }
if ! run install --no-install-recommends "$@"; then
  # The package lists may be missing or old.
  run update || true
  if ! run install --no-install-recommends "$@"; then
    tail -n 15 "$log" >&2
    exit 1
  fi
fi
