#!/usr/bin/env bash
# Names the version that is checked out by what it is built from: the cache holds no other one.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"
sum() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
hash=$(find Cargo.toml Cargo.lock src rules -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sum | cut -c 1-32)
{
    echo "root=$RUNNER_TEMP/sqlmoat-$hash"
    echo "key=sqlmoat-$RUNNER_OS-$RUNNER_ARCH-$hash"
} >>"$GITHUB_OUTPUT"
