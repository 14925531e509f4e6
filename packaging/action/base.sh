#!/usr/bin/env bash
# Finds the revision that findings are new against. On a pull request the commit that is checked out merges it into its
# base, so the base is the first parent; a shallow clone names its parents without having them.
set -euo pipefail
[ "$INPUT_NEW_ONLY" = true ] || exit 0
revision=$INPUT_DIFF_BASE
if [ -z "$revision" ] && [ -n "$PULL_REQUEST_BASE" ]; then
    # Raw, because git hides the parents of a commit where a shallow clone ends.
    parents=$(git cat-file commit HEAD 2>/dev/null | sed -n '/^$/q; s/^parent //p') || parents=
    case $(wc -w <<<"$parents") in
        *2) revision=${parents%%[[:space:]]*} ;;
        *) revision=$PULL_REQUEST_BASE ;;
    esac
fi
case $revision in
    '') exit 0 ;;
    -* | *[[:space:][:cntrl:]]*)
        echo "::warning title=sqlmoat::diff-base is no revision, so every finding is reported"
        exit 0
        ;;
esac
if ! git cat-file -e "$revision^{tree}" 2>/dev/null; then
    # Its tree alone; the history between is not needed.
    if git fetch --quiet --no-tags --depth=1 origin "$revision" && ! git cat-file -e "$revision^{tree}" 2>/dev/null; then
        # The name of a branch, which the fetch brings without making it known here.
        revision=$(git rev-parse FETCH_HEAD)
    fi
fi
echo "revision=$revision" >>"$GITHUB_OUTPUT"
