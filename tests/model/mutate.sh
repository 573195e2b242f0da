#!/bin/sh
# tests/model/mutate.sh IN OUT EXPRESSION [ENTRY] - edits IN by sed. A mutant that
# is no different from the original is an error: the code has changed under it.
# ENTRY is the file that takes the place of entry.h.
set -eu
sed -e "$3" "$1" >"$2"
[ -z "$3" ] || ! cmp -s "$1" "$2" || {
  echo "mutate.sh: nothing in $1 matches: $3" >&2
  exit 1
}
[ $# -lt 4 ] || sed -i "s,\"runtime/sched/entry.h\",\"$4\"," "$2"
