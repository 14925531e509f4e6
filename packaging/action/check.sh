#!/usr/bin/env bash
# One analysis with all of its reports. Its exit status is an output, so that what comes after still runs.
set -euo pipefail
out=$(mktemp -d "$RUNNER_TEMP/sqlmoat.XXXXXX")
arguments=(check --color never --output-format concise --fail-on "$INPUT_FAIL_ON" --report "json=$out/report.json")
[ -z "$INPUT_CONFIG" ] || arguments+=(--config "$INPUT_CONFIG")
[ -z "$INPUT_BASELINE" ] || arguments+=(--baseline "$INPUT_BASELINE")
[ -z "$DIFF_BASE" ] || arguments+=("--diff-base=$DIFF_BASE")
[ "$INPUT_ANNOTATIONS" != true ] || arguments+=(--report "github=$out/annotations")
[ "$INPUT_JOB_SUMMARY" != true ] || arguments+=(--report "markdown=$out/summary.md")
[ -z "$INPUT_SARIF_FILE" ] || arguments+=(--report "sarif=$INPUT_SARIF_FILE")
# Words, not shell: nothing in them is expanded.
read -r -d '' -a words <<<"$INPUT_ARGS" || true
arguments+=(${words[@]+"${words[@]}"} --)
while IFS= read -r path; do
    [ -z "$path" ] || arguments+=("$path")
done <<<"$INPUT_PATHS"

status=0
"$SQLMOAT_ROOT/bin/sqlmoat" "${arguments[@]}" || status=$?

[ ! -f "$out/annotations" ] || cat "$out/annotations"
[ ! -f "$out/summary.md" ] || cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"
echo "status=$status" >>"$GITHUB_OUTPUT"
if [ -f "$out/report.json" ]; then
    count() { sed -n '/^  "summary": {$/,/^  }/s/^ *"'"$1"'": \([0-9]*\),*$/\1/p' "$out/report.json"; }
    {
        echo "json-file=$out/report.json"
        echo "errors=$(count error)"
        echo "warnings=$(count warning)"
        echo "infos=$(count info)"
    } >>"$GITHUB_OUTPUT"
else
    echo "::error title=sqlmoat::sqlmoat did not run: see the log of this step"
fi
if [ -n "$INPUT_SARIF_FILE" ] && [ -f "$INPUT_SARIF_FILE" ]; then
    case $INPUT_SARIF_FILE in
        /*) echo "sarif-file=$INPUT_SARIF_FILE" ;;
        *) echo "sarif-file=$PWD/$INPUT_SARIF_FILE" ;;
    esac >>"$GITHUB_OUTPUT"
fi
