#!/bin/sh
# .ci/hosted.sh openbsd|macos - builds burrow and its examples as programs of a
# system that is not here, and looks at what has become of them. None can be run.
#
# The compiler is zig, of the Python package ziglang, in build/zig: it has the headers
# of their C libraries, and the names that are in them, so that a name which is not
# there does not link.
set -eu
. "$(dirname "$0")/common.sh"
zig_version=0.17.1

case ${1-} in
  openbsd) os=openbsd ;;
  macos) os=darwin ;;
  *) die "usage: .ci/hosted.sh openbsd|macos" ;;
esac
# shellcheck disable=SC2086
need $pkgs_build $pkgs_hosted

dir=$PWD/$build/zig
zig=$dir/ziglang/zig
if [ "$("$zig" version 2>/dev/null)" != $zig_version ]; then
  rm -rf "$dir"
  mkdir -p "$dir"
  python3 -m pip install -q --no-deps --target "$dir" ziglang==$zig_version \
    >"$dir.log" 2>&1 || { say "port $1 is skipped: no ziglang by pip ($dir.log)"; exit 0; }
fi
# Its libc++ is built at the first use, and kept here.
export ZIG_GLOBAL_CACHE_DIR="${ZIG_GLOBAL_CACHE_DIR:-$dir/cache}"
export ZIG_LOCAL_CACHE_DIR="$ZIG_GLOBAL_CACHE_DIR/local"

port=$build/port-$1
printf "[constants]\nzig = '%s'\nzigcc = '%s'\n" "$zig" "$PWD/.ci/zigcc" >"$port.ini"
configure "$port" cc c++ --buildtype=debug -Dwerror=true \
  --cross-file "$port.ini" --cross-file tests/cross/$os-amd64.ini
grep -o "threads are .*" "$port/meson-logs/meson-log.txt"
compile "$port"

# Our own switch is in every program. No program of OpenBSD may make a system call
# but in libc, which is a library of its own.
programs=0
for file in "$port"/examples/* "$port"/examples/kv/kv "$port"/libburrow.*.0 \
  "$port"/libburrow.0.dylib; do
  [ -f "$file" ] && [ -x "$file" ] || continue
  about=$(llvm-readobj-14 --file-headers --sections --needed-libs "$file")
  code=$(llvm-objdump-14 -d --no-show-raw-insn "$file")
  case $os in
    openbsd)
      has() { printf '%s\n' "$about" | grep -q "$1"; }
      has '\.note\.openbsd\.ident' || [ "${file##*/libburrow}" != "$file" ] ||
        die "$file is not a program of OpenBSD"
      has 'libc\.so' || die "$file is without libc"
      ! printf '%s\n' "$code" | grep -qE '[[:space:]](syscall|sysenter|int[[:space:]]+\$128)[[:space:]]*$' ||
        die "$file makes system calls by itself"
      ;;
    darwin)
      has() { printf '%s\n' "$about" | grep -q "$1"; }
      has 'MH_NOUNDEFS' || die "$file has names that nobody has"
      has '/usr/lib/libSystem.B.dylib' || die "$file is without libSystem"
      ;;
  esac
  printf '%s\n' "$code" | grep -q 'burrow_enter>:' || die "$file is without burrow"
  programs=$((programs + 1))
done
[ $programs -gt 20 ] || die "only $programs programs of $1 were linked"
say "port $1: $programs programs and libraries are linked; none was run"
