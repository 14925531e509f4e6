#!/bin/sh
# Runs fuzz targets one after the other on the seeds of the test data; what they find is in fuzz/artifacts/<target>.
#
#     cargo install cargo-fuzz
#     fuzz/run.sh [SECONDS] [TARGET]...
#
# An input may take a second and 512 MB. Findings do not end a run. A finding that was fixed belongs into
# `fuzz/cases/<target>`, which `tests/fuzzed.rs` reads.
set -eu
cd "$(dirname "$0")"
seconds=${1:-1200}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- parse check split suppress config
python3 seed.py
# Statements nest as deep as `syntax::parse` allows, which needs the stack of a worker.
ulimit -s 262144
for target in "$@"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    nice -n 15 cargo +nightly fuzz run --sanitizer none --fuzz-dir . "$target" "corpus/$target" "seeds/$target" -- \
        -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 \
        -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 -max_len=16384
done
