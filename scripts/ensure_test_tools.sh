#!/usr/bin/env bash
# The browser tests and screenshots need Chromium and a Chinese font, the fault tests strace and faketime, the tests of the store a PostgreSQL server of their
# own (started by the tests, as an ordinary user, on a private socket): Debian's packages, installed only where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
command -v strace >/dev/null 2>&1 || missing+=(strace)
command -v faketime >/dev/null 2>&1 || missing+=(faketime)
command -v chromium >/dev/null 2>&1 || missing+=(chromium)
command -v fc-list >/dev/null 2>&1 || missing+=(fontconfig)
if ! command -v fc-list >/dev/null 2>&1 || [ -z "$(fc-list ':lang=zh-cn' family 2>/dev/null | head -n 1)" ]; then
  missing+=(fonts-noto-cjk)
fi
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing for the tests: ${missing[*]}"
  scripts/apt_install.sh "${missing[@]}"
fi
