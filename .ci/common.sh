# .ci/common.sh - what ./dev and the scripts beside it share. POSIX sh, sourced
# from the root of the tree.

# Build folders: all under build/, one for each way to build.
build=build
jobs=$(nproc 2>/dev/null || echo 2)

# Packages by what they are for (Debian and its relatives).
pkgs_build="g++ meson ninja-build pkg-config libboost-context-dev libfmt-dev
  libdw-dev node-llhttp"
pkgs_test="libgtest-dev valgrind clang-14 libclang-rt-14-dev lld-14 libunicorn-dev
  strace curl wrk
  apache2-utils redis-tools chromium"
pkgs_port="clang-14 lld-14 llvm-14 dpkg-dev"
pkgs_sysroot="libc6-dev libstdc++-12-dev libboost-context-dev libfmt-dev libdw-dev
  libgtest-dev" # of the other processor: .ci/sysroot.sh
pkgs_hosted="llvm-14 python3-pip" # .ci/hosted.sh
pkgs_peers="libboost-fiber-dev"
pkgs_check="libgtest-dev libunicorn-dev clang-14 clang-format-16 clang-tidy-14"

say() { printf '%s\n' "$*"; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# need installs those of the named packages that are missing. Where there is no
# apt-get, what is missing shows when it is used.
need() {
  command -v apt-get >/dev/null 2>&1 || return 0
  missing=
  for pkg in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$pkg" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $pkg"
  done
  [ -n "$missing" ] || return 0
  say "installing:$missing"
  log=$(mktemp)
  # shellcheck disable=SC2086
  if as_root apt-get -q update >"$log" 2>&1 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
      --no-install-recommends $missing >>"$log" 2>&1; then
    rm -f "$log"
  else
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "apt-get could not install:$missing"
  fi
}

# configure DIR CC CXX OPTION... sets a build folder up, or changes its options.
configure() {
  dir=$1 cc=$2 cxx=$3 again=
  shift 3
  if [ -f "$dir/build.ninja" ]; then
    [ "$(cat "$dir.options" 2>/dev/null)" != "$*" ] || return 0
    again=--reconfigure
  else
    rm -rf "$dir"
  fi
  mkdir -p $build
  # shellcheck disable=SC2086
  CC=$cc CXX=$cxx meson setup $again "$dir" "$@" >"$dir.log" 2>&1 ||
    { cat "$dir.log" >&2; die "meson setup $dir failed"; }
  printf '%s\n' "$*" >"$dir.options"
}

# compile DIR [TARGET...] builds quietly; what the compiler says is shown only
# if it fails.
compile() {
  dir=$1
  shift
  say "building $dir"
  ninja -C "$dir" -j "$jobs" "$@" >"$dir.log" 2>&1 ||
    { grep -v '^\[' "$dir.log" >&2; die "building $dir failed"; }
}

# run_tests DIR [ARGUMENT OF meson test...] runs the tests of a build folder,
# through $launcher, and leaves what .ci/count_tests.py reads. A failure shows
# here and is counted there.
run_tests() {
  dir=$1
  shift
  say "testing $dir"
  rm -rf "$dir/gtest"
  # shellcheck disable=SC2086
  GTEST_OUTPUT="json:$PWD/$dir/gtest/" GTEST_BRIEF=1 ${launcher-} \
    meson test -C "$dir" --no-rebuild --print-errorlogs "$@" >"$dir.tests" \
    2>&1 || grep -vE '^(ninja|$)' "$dir.tests"
}
