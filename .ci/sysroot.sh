#!/bin/sh
# .ci/sysroot.sh ARCH DIR - what burrow is built with for another processor.
#
# ARCH is Debian's name of it (i386, arm64). Debian packages of it are unpacked
# below DIR, none is installed, so nothing of this system changes; nobody has to
# be root. A folder that has been made before is left as it is.
set -eu
. "$(dirname "$0")/common.sh"
[ $# -eq 2 ] || die "usage: .ci/sysroot.sh ARCH DIR"
arch=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

# With an apt of its own: its system has no package and no other architecture.
apt_arch() {
  apt-get -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
    -o Dir::State="$dir.apt" -o Dir::State::status="$dir.apt/status" \
    -o Dir::Cache="$dir.apt" -o APT::Sandbox::User= \
    -o Debug::NoLocking=true -o APT::Install-Recommends=false "$@"
}

[ ! -f "$dir/complete" ] || exit 0
say "unpacking a sysroot of $arch"
mkdir -p "$dir.apt/lists/partial" "$dir.apt/archives/partial"
: >"$dir.apt/status"
# shellcheck disable=SC2086
{
  # A list that cannot be had now matters only if a package is in no other.
  apt_arch update || true
  apt_arch install -y --download-only $pkgs_sysroot
} >"$dir.log" 2>&1 || { tail -n 20 "$dir.log" >&2; die "no packages of $arch"; }
for deb in "$dir.apt"/archives/*.deb; do
  dpkg-deb -x "$deb" "$dir"
done
rm -rf "$dir.apt"
: >"$dir/complete"
