#!/bin/sh
# tests/abi/build.sh OUT OS ARCH SOURCE_DIR CLANG FILE... - builds a test program of
# one port, freestanding, of the very asm/ and sys/ files that a real build would
# use. FILEs are below SOURCE_DIR. OUT.d says which files OUT was made of.
#
# Files of runtime/ and of tests/abi/core/ are compiled with this system's standard
# headers, and its names of the integers; of those in runtime/ the program has what
# it needs. Each of Darwin's files in asm/ and sys/ is compiled to Mach-O as well,
# which nothing here can run, and that is thrown away.
set -eu
out=$1 os=$2 arch=$3 clang=$5
to=$(realpath "$out")
root=$(realpath "$4")
shift 5
for file; do
  shift
  set -- "$@" "$(realpath "$file")"
done
cd "$root"
! command -v ccache >/dev/null || clang="ccache $clang"
flags=$(tests/abi/flags.sh "$os" "$arch")
case $arch in
  amd64) macho=x86_64-apple-macosx10.13 link='ld -m elf_x86_64' ;;
  386) macho=i386-apple-macosx10.13 link='ld -m elf_i386' ;;
  arm64)
    macho=arm64-apple-macosx11
    link="$(command -v ld.lld-14 || echo ld.lld) -m aarch64elf" ;;
esac
dir=$to.o
rm -rf "$dir"
mkdir -p "$dir"
core= libraries=
case " $* " in */tests/abi/core/*)
  # The same sizes; but C++ tells long from long long.
  flags="$flags -U__INT64_TYPE__ -D__INT64_TYPE__=__PTRDIFF_TYPE__
    -U__UINT64_TYPE__ -D__UINT64_TYPE__=__SIZE_TYPE__ -Wno-builtin-macro-redefined"
  core=$(tests/abi/core/flags.sh "$os" "$flags")
  libraries="$dir/runtime.a $(g++ -print-file-name=libboost_context.a)"
  ;;
esac
i=0
# shellcheck disable=SC2086
for file; do
  i=$((i + 1))
  f=$flags o=$dir/$i.o
  case $file in
    *.S) f="${flags%%-std*} -I." ;;
    "$root"/runtime/*) f=$core o=$dir/runtime$i.o ;;
    "$root"/tests/abi/core/*) f=$core ;;
  esac
  $clang $f -MMD -MF "$dir/$i.d" -c "$file" -o "$o"
  case $os$file in
    darwin"$root"/asm/jump_* | darwin"$root"/asm/switch_*) ;; # of ELF alone
    darwin"$root"/asm/* | darwin"$root"/sys/*)
      $clang $f --target=$macho -static -c "$file" \
        -o "$dir/macho.o" ;;
  esac
done
[ -z "$core" ] || ar rcs "$dir/runtime.a" "$dir"/runtime*.o
# shellcheck disable=SC2086
$link -static -z noexecstack -o "$to" "$dir"/[0-9]*.o $libraries
# One rule of all of them, with whole paths.
sed -e 's/^[^ ]*://' -e 's/\\$//' "$dir"/[0-9]*.d | tr -s ' \n' '\n' | sort -u |
  sed -n -e "s|^[^/]|$root/&|" -e "1s|^|$out:|" -e '/./s/$/ \\/p' >"$to.d"
rm -rf "$dir"
