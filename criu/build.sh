#!/bin/bash
# Builds a static criu from Debian's source package and the patches beside this script, into $TOMTE_TOOLS
# (default /var/lib/tomte/tools). Does nothing if that is done already. Needs root only to install what it builds with.
set -euo pipefail

VERSION=4.2.1
ORIG=criu_$VERSION.orig.tar.xz
SHA256=29ec0ee09e296479fe7048c80980e8ef1d0684d0b0204c2b101dfea19f6725b9
PACKAGES=(gcc make patch pkg-config xz-utils ca-certificates iproute2 libc6-dev libprotobuf-c-dev libprotobuf-dev protobuf-c-compiler
    protobuf-compiler libnet1-dev libnl-3-dev libcap-dev libbsd-dev libmd-dev uuid-dev)

here=$(cd "$(dirname "$0")" && pwd)
tools=${TOMTE_TOOLS:-/var/lib/tomte/tools}
began=$(date +%s)
say() { echo "criu: $*"; }

# One build for one set of patches: its name says which.
patches=$(cat "$here"/patches/*.patch "$0" | sha256sum | cut -c1-8)
name=criu-$VERSION-tomte-$patches
if [ -x "$tools/$name/criu" ]; then
    ln -sfn "$name/criu" "$tools/.criu.link" && mv -fT "$tools/.criu.link" "$tools/criu"
    say "$tools/$name/criu is there"
    exit 0
fi

missing=()
for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 update >/dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends "${missing[@]}" >/dev/null
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/tomte-criu.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The archives that this machine's own apt uses; the checksum decides, not the place.
archives() {
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs:[[:space:]]*//p' | tr ' ' '\n'
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        sed -n 's/^deb\(-src\)\?[[:space:]]\+\(\[[^]]*\][[:space:]]\+\)\?\([^[:space:]]\+\).*/\3/p'
}
fetch() {
    local archive
    for archive in $(archives | sed 's,/*$,,' | awk '!seen[$0]++'); do
        case $archive in mirror+file:*) archive=$(awk 'NF { print $1; exit }' "${archive#mirror+file:}") ;; esac
        if /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "${archive%/}/pool/main/c/criu/$ORIG" \
            "$work/$ORIG" "SHA256:$SHA256" >"$work/fetch.log" 2>&1; then
            say "source from ${archive%/}"
            return
        fi
    done
    say "no archive of this machine's apt sources has $ORIG; the last answer:" >&2
    cat "$work/fetch.log" >&2
    return 1
}
if [ -n "${CRIU_ORIG:-}" ]; then cp "$CRIU_ORIG" "$work/$ORIG"; else fetch; fi
echo "$SHA256  $work/$ORIG" | sha256sum --quiet -c -

mkdir "$work/criu"
tar -C "$work/criu" --strip-components=1 -xJf "$work/$ORIG"
cd "$work/criu"
for patch in "$here"/patches/*.patch; do patch -s -p1 <"$patch"; done
# Libraries that are not needed, and that a static program cannot have; one link line becomes static.
sed -i 's/check,libnftables/check,none1/; s/check,libselinux/check,none2/; s/check,libdrm/check,none3/
    s/check,libbpf/check,none4/' Makefile.config
sed -i '0,/\$(LDFLAGS) \$(LIBS) \$(WRAPFLAGS) \$(GMONLDOPT) -rdynamic/s//$(LDFLAGS) -static -Wl,--start-group $(LIBS) -lmd -lpthread -Wl,--end-group $(WRAPFLAGS) $(GMONLDOPT)/' criu/Makefile
if ! make -j"$(nproc)" NO_GNUTLS=1 criu >"$work/make.log" 2>&1; then
    tail -40 "$work/make.log" >&2
    exit 1
fi
strip criu/criu
if ldd criu/criu >/dev/null 2>&1; then
    say "the program is not static" >&2
    exit 1
fi
./criu/criu --version >/dev/null
[ "$(id -u)" != 0 ] || "$here/smoke.sh" criu/criu

mkdir -p "$tools/$name"
cp criu/criu "$tools/$name/.criu.new"
mv -f "$tools/$name/.criu.new" "$tools/$name/criu"
ln -sfn "$name/criu" "$tools/.criu.link" && mv -fT "$tools/.criu.link" "$tools/criu"
say "built $tools/$name/criu in $(($(date +%s) - began)) s"
