#!/bin/sh
# Fails when the working tree has changes that are not committed, and shows them.
set -eu
changes=$(git status --porcelain -- "$@")
[ -z "$changes" ] && exit 0
echo "The working tree is not clean:" >&2
echo "$changes" >&2
git --no-pager diff --stat -- "$@" >&2
exit 1
