#!/bin/sh
# Measures repositories with the configurations beside this file: run.sh BINARY FOLDER [NAME...]
# FOLDER holds a clone of each by the name of its configuration, at the commits of docs/measured.md. Writes the configuration
# into the clone, and BINARY's statistics to the terminal. The schema of fusionpbx is made of its PHP arrays first.
set -eu
binary=$1 folder=$2 here=$(cd "$(dirname "$0")" && pwd)
shift 2
[ $# -gt 0 ] || set -- fider AppFlowy-Cloud logto openreplay openreplay-ee thingsboard fusionpbx lago-api hatchet \
  pensjon-etterlatte-saksbehandling btcpayserver boundary
for name; do
  case $name in
  openreplay-ee) clone=$folder/openreplay/ee ;;
  *) clone=$folder/$name ;;
  esac
  [ "$name" != fusionpbx ] || python3 "$here/fusionpbx_schema.py" "$clone" >"$clone/schema.sql"
  cp "$here/$name.toml" "$clone/sqlmoat.toml"
  # The enterprise edition in `ee` is a project of its own, measured as such.
  set -- .
  [ "$name" != openreplay ] || set -- api backend assist assist-server assist-stats spot
  echo "== $name"
  (cd "$clone" && "$binary" check "$@" --statistics --output-format json --exit-zero 2>&1 >/dev/null)
done
