# Sourced by testbed: one node's life. Its configuration is $run/NODE/etc, its disk $disks/NODE.

# what the cluster was brought up with counts, not what this command was told
nodes() {
    if [ -e "$run/nodes" ]; then cat "$run/nodes"; else seq -f 'n%g' "${TESTBED_NODES:-3}"; fi
}

node_alive() {
    local pid
    pid=$(cat "$run/$1/pid" 2>/dev/null) || return
    # after a boot of the machine the number may be anybody's
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qE '/(node-init|node-boot) '
}

node_pid() {
    node_alive "$1" || die "node $1 is down: ./tomte cluster start $1"
    cat "$run/$1/pid"
}

node_start() {
    local node=$1 disk=$disks/$1
    ! node_alive "$node" || return 0
    mkdir -p "$run/$node/etc" "$disk"/{upper,work,root,containerd,kubelet,log}
    rm -f "$run/$node/pid"
    cgroup_remove "$node"
    cgroup_make "$node"
    network_make "$node"
    node_configure "$node"
    # shellcheck disable=SC2094
    NODE=$node DISK=$disk RUN=$run/$node PKI=$run/pki TREE=$tree BIN=$bin HERE=$here \
        CGROUPS=$(cgroup_parents | sed "s|\$|/$node|") \
        setsid nsenter --net="/run/netns/$(namespace "$node")" "$here/node-boot" \
        </dev/null >"$disk/log/boot.log" 2>&1 9>&- &
    wait_for 30 "node $node" test -s "$run/$node/pid" || die "$node does not start: $(tail -n 3 "$disk/log/boot.log")"
}

# node_crash NODE: as a power cut; its disk and its cables stay
node_crash() {
    local pid
    pid=$(node_pid "$1")
    kill -9 "$pid"
    cgroup_thaw "$1"
    wait_for 20 "the end of $1" test ! -d "/proc/$pid" || die "$1 does not end; what holds it is in uninterruptible sleep"
    rm -f "$run/$1/pid"
    cgroup_remove "$1"
}

# node_configure NODE: conf/ with its names filled in
node_configure() {
    local node=$1 file total reserved
    total=$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo)
    # each node sees the whole machine's memory, and offers its share of it
    reserved=$((total - total / ($(nodes | wc -l) + 1)))
    for file in "$here"/conf/*; do
        sed -e "s/@NODE@/$node/g; s/@IP@/$(node_ip "$node")/g; s/@CP_IP@/$cp_ip/g; s/@PODS@/$pods/g" \
            -e "s/@SERVICES@/$services/g; s/@I@/${node#n}/g; s/@KUBERNETES@/$kubernetes/g; s|@PKI@|$run/pki|g" \
            -e "s/@RESERVED@/${reserved}Mi/g" "$file" >"$run/$node/etc/${file##*/}"
    done
}
