# Sourced: this machine's Debian mirror and Debian trees made from it.

# debian_mirror: the address that this machine's own apt uses, of either format of its sources; may print nothing
debian_mirror() {
    local file files=()
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$file" ] || files+=("$file")
    done
    [ ${#files[@]} != 0 ] || return 0
    sed -nE '/security/ d; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p; s/^URIs: *([^ ]+).*/\1/p' "${files[@]}" | sed -n 1p
}

# debian_tree VARIANT SUITE PACKAGE,.. TARGET [OPTION...]: complete, or not there at all
debian_tree() {
    local variant=$1 suite=$2 packages=$3 target=$4 mirror
    shift 4
    mirror=$(debian_mirror)
    rm -rf "$target.new"
    mkdir -p "${target%/*}"
    # a mirror that stands still serves a testing suite past the date that its Release file promises
    timeout --kill-after=10 1800 mmdebstrap --quiet --variant="$variant" --aptopt='Acquire::Check-Valid-Until "false"' \
        ${packages:+--include="$packages"} "$@" "$suite" "$target.new" ${mirror:+"$mirror"} || return
    rm -rf "$target"
    mv "$target.new" "$target"
}
