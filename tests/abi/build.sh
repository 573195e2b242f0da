#!/bin/sh
# tests/abi/build.sh OUT OS ARCH SOURCE_DIR CLANG FILE... - builds the test program
# of one port, freestanding, of the very asm/ and sys/ files that a real build
# would use. FILEs are below SOURCE_DIR. OUT.d says which files OUT was made of.
#
# Each of Darwin's files is compiled to Mach-O as well, which nothing here can run,
# and that is thrown away.
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
flags=$(tests/abi/flags.sh "$os" "$arch")
case $arch in
  amd64) cpu=x86_64 emulation=elf_x86_64 ;;
  386) cpu=i386 emulation=elf_i386 ;;
esac
dir=$to.o
rm -rf "$dir"
mkdir -p "$dir"
i=0
# shellcheck disable=SC2086
for file; do
  i=$((i + 1))
  f=$flags
  case $file in *.S) f="${flags%%-std*} -I." ;; esac
  $clang $f -MMD -MF "$dir/$i.d" -c "$file" -o "$dir/$i.o"
  case $os$file in
    darwin"$root"/asm/* | darwin"$root"/sys/*)
      $clang $f --target=$cpu-apple-macosx10.13 -static -c "$file" \
        -o "$dir/macho.o" ;;
  esac
done
ld -m "$emulation" -static -z noexecstack -o "$to" "$dir"/[0-9]*.o
# One rule of all of them, with whole paths.
sed -e 's/^[^ ]*://' -e 's/\\$//' "$dir"/[0-9]*.d | tr -s ' \n' '\n' | sort -u |
  sed -n -e "s|^[^/]|$root/&|" -e "1s|^|$out:|" -e '/./s/$/ \\/p' >"$to.d"
rm -rf "$dir"
