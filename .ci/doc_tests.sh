#!/bin/sh
# .ci/doc_tests.sh - every test that docs/ names exists. A name is Suite.Name in
# a table; Suite is one of those in tests/.
set -u
have=$(mktemp)
trap 'rm -f "$have"' EXIT
cat tests/*_test.cc tests/abi/*_test.cc | tr '\n' ' ' |
  grep -oE '(GO_TEST|TEST|TEST_P|TEST_F|TYPED_TEST)\( *[A-Za-z0-9]+, *[A-Za-z0-9]+' |
  sed -E 's/.*\( *//; s/, */./' | sort -u >"$have"
missing=$(grep -ohE '[A-Z][A-Za-z0-9]+\.[A-Z][A-Za-z0-9]+' docs/conformance.md \
  docs/abi.md docs/signals.md docs/porting.md | sort -u | grep -vxF Boost.Context |
  grep -vxFf "$have")
[ -z "$missing" ] && exit 0
echo "named in docs/, but no such test:"
echo "$missing"
exit 1
