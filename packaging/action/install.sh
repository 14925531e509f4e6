#!/usr/bin/env bash
# Builds the version that is checked out, unless the cache had it.
set -euo pipefail
if [ -x "$SQLMOAT_ROOT/bin/sqlmoat" ] || [ -x "$SQLMOAT_ROOT/bin/sqlmoat.exe" ]; then
    exit 0
fi
cargo install --quiet --locked --path "$GITHUB_ACTION_PATH" --root "$SQLMOAT_ROOT"
