#!/bin/sh
# .ci/layers.sh BUILD_DIR - proves that the layers stand as docs/design.md says.
#
#   asm <- sys <- runtime <- runtime/include/burrow <- examples, tests, bench
#
#   1 includes   each layer names only itself and what stands to its left;
#                the kernel is sys's alone
#   2 symbols    asm needs none; sys only asm's and what compilers call unasked
#   3 headers    each one compiles alone
#   4 size       no file is longer than 400 lines
#
# BUILD_DIR was configured without LTO, as nm cannot look into LTO's objects.
set -u
dir=$1
cxx=${CXX:-g++}
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

# includes FOLDER ALLOWED: FOLDER's includes in quotes match the pattern ALLOWED.
includes() {
  find "$1" -name '*.cc' -o -name '*.h' -o -name '*.S' | grep -E "${3:-.}" |
    xargs -r grep -HnE '^ *# *include *"' | grep -vE "include *\"($2)" |
    sed 's/^/include against the layers: /' >>"$bad"
}
includes asm 'asm/'
includes sys 'asm/|sys/'
includes runtime 'asm/(jump|recover|switch).h|sys/|runtime/|burrow/' '^runtime/[^i]'
includes runtime/include 'burrow/'
includes examples 'burrow/|examples/'
grep -rnE '^ *# *include *<burrow/' runtime sys asm |
  sed 's/^/own header in angle brackets: /' >>"$bad"

# What g++ and clang++ may call in freestanding code.
builtins='mem(cpy|move|set|cmp)|_GLOBAL_OFFSET_TABLE_|__[a-z]+[sdt]i[23]'
nm -u "$dir/asm/libburrow_asm.a" | awk '$1 == "U" { print $2 }' |
  sed 's/^/asm needs a symbol: /' >>"$bad"
nm -u "$dir/sys/libburrow_sys.a" | awk '$1 == "U" { print $2 }' |
  grep -vxE "burrow_.*|_ZNK?6burrow3sys.*|$builtins" |
  sed 's/^/sys needs a symbol: /' >>"$bad"

# Those in core/libc stand in for the system's own, and include them.
headers=$(find asm sys runtime examples bench tests -name '*.h' \
  ! -path 'tests/abi/core/libc/*' | sort)
# shellcheck disable=SC2016
printf '%s\n' $headers | xargs -P "$(nproc)" -I{} sh -c '
  "$0" -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I. \
    -Iruntime/include -include "$1" -x c++ /dev/null >/dev/null 2>"$2.$$" ||
    { echo "does not compile alone: $1"; head -n 5 "$2.$$"; }
  rm -f "$2.$$"' "$cxx" {} "$bad" >>"$bad"

find asm sys runtime examples tests bench dev .ci meson.build -type f \
  ! -name '*.md' -exec wc -l {} + |
  awk '$2 != "total" && $1 > 400 { print "longer than 400 lines: " $2 " (" $1 ")" }' >>"$bad"

if [ -s "$bad" ]; then
  cat "$bad"
  exit 1
fi
