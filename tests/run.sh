#!/usr/bin/env bash
# Everything that must hold: format, lints, tests. Installs what it needs on a fresh Debian or Ubuntu machine.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install() {
    echo "== installing: $*"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

# A linker and a C compiler for crates that build C; a server of PostgreSQL, which the tests put questions to; pre-commit,
# which runs our hooks; Node.js and Python for the packages that people install the program from.
missing=()
command -v cc >/dev/null || missing+=(build-essential)
command -v git >/dev/null || missing+=(git)
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
command -v pre-commit >/dev/null || missing+=(pre-commit)
command -v npm >/dev/null || missing+=(nodejs npm)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
[ ${#missing[@]} = 0 ] || install "${missing[@]}"

if ! command -v cargo >/dev/null; then
    if [ -f "$HOME/.cargo/env" ]; then
        . "$HOME/.cargo/env"
    else
        command -v curl >/dev/null || install curl ca-certificates
        echo "== installing Rust"
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default
        . "$HOME/.cargo/env"
    fi
fi

# Builds the wheel.
export SQLMOAT_TEST_MATURIN=$PWD/target/tools/bin/maturin
if [ ! -x "$SQLMOAT_TEST_MATURIN" ]; then
    echo "== installing: maturin"
    python3 -m venv target/tools
    target/tools/bin/pip install --quiet --disable-pip-version-check 'maturin>=1.8,<2'
fi

echo "== format"
cargo fmt --check
echo "== lints"
cargo clippy --locked --all-targets -- -D warnings
echo "== tests"
# Here no test is skipped for want of a tool.
SQLMOAT_TEST_ALL=1 cargo test --locked
