#!/bin/sh
# tests/abi/core/flags.sh OS FLAGS - how clang is told to compile the runtime for a
# played port. FLAGS are those of the port's freestanding files.
#
# The C++ headers are this system's, and where they want C's, with the numbers of
# errors and signals of the played one. OpenBSD's threads have thread-local storage
# as here; Darwin's have none in a static program.
set -eu
case $1 in
  openbsd) tls=-fno-emulated-tls ;;
  darwin) tls=-femulated-tls ;;
esac
headers=$(g++ -std=c++20 -E -x c++ -v /dev/null 2>&1 >/dev/null |
  sed -n '/^#include </,/^End/s/^ / /p' | grep -v '/lib/gcc/' |
  sed 's/^ */-isystem /')
# The last of two that contradict each other counts.
echo "${2%%-std*} -std=c++20 -O1 -fno-pic -fno-stack-protector
  -fno-omit-frame-pointer $tls -ftls-model=local-exec -D_GNU_SOURCE -nostdinc++
  -isystem tests/abi/core/libc" $headers "-Wall -Wextra -Wpedantic -Wshadow -Werror
  -I. -Iruntime/include ${2##*-I.}"
