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
  *) exit 2 ;;
esac
case $1 in
  openbsd) target="--target=$cpu-unknown-openbsd -fcf-protection=branch" ;;
  darwin) target="--target=$cpu-unknown-none-elf -D__APPLE__" ;;
  *) exit 2 ;;
esac
echo "$target -std=c++20 -O2 -ffreestanding -fno-exceptions -fno-rtti -fno-pic
  -fno-stack-protector -fno-threadsafe-statics -fno-omit-frame-pointer
  -fno-asynchronous-unwind-tables -nostdinc++ -Itests/abi/include
  -Wall -Wextra -Wpedantic -Wshadow -Werror -I."
if [ $# -eq 3 ]; then
  # shellcheck disable=SC2086
  $3 $target -x c -c /dev/null -o /dev/null
  [ "$1" != darwin ] ||
    $3 --target=$cpu-apple-macosx10.13 -x c -c /dev/null -o /dev/null
fi
