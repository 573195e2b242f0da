#!/bin/sh
# tests/abi/flags.sh OS ARCH [CLANG] - how clang is told to compile the files of a
# played port, for the system itself. With CLANG: also whether it can.
#
# The one thing that is not as there is the object format of Darwin's, which is ELF
# here.
set -eu
case $2 in
  amd64) cpu=x86_64 ;;
  386) cpu=i386 ;;
  arm64) cpu=aarch64 ;;
  *) exit 2 ;;
esac
case $1 in
  openbsd) target="--target=$cpu-unknown-openbsd" ;;
  darwin) target="--target=$cpu-unknown-none-elf -D__APPLE__" ;;
  *) exit 2 ;;
esac
macho=$cpu-apple-macosx10.13
case $1-$2 in # landing pads; Darwin's own register
  openbsd-arm64) target="$target -mbranch-protection=bti" ;;
  openbsd-*) target="$target -fcf-protection=branch" ;;
  darwin-arm64) target="$target -ffixed-x18 -mno-outline-atomics" macho=arm64-apple-macosx11 ;;
esac
echo "$target -std=c++20 -O2 -ffreestanding -fno-exceptions -fno-rtti -fno-pic
  -fno-stack-protector -fno-threadsafe-statics -fno-omit-frame-pointer
  -fno-asynchronous-unwind-tables -nostdinc++ -Itests/abi/include
  -Wall -Wextra -Wpedantic -Wshadow -Werror -I."
if [ $# -eq 3 ]; then
  # shellcheck disable=SC2086
  $3 $target -x c -c /dev/null -o /dev/null
  [ "$1" != darwin ] ||
    $3 --target=$macho -x c -c /dev/null -o /dev/null
fi
