# Sourced by testbed: a node's own cgroup, tomte-testbed/NODE in every v1 hierarchy, or in the only v2 one.

cgroup_root=/sys/fs/cgroup

only_v2() { [ "$(stat -fc %T $cgroup_root)" = cgroup2fs ]; }

# cgroup_parents: the directory of the testbed in each hierarchy
cgroup_parents() {
    local hierarchy
    if only_v2; then
        echo $cgroup_root/tomte-testbed
        return
    fi
    for hierarchy in $cgroup_root/*/; do
        hierarchy=${hierarchy%/}
        # a link is another name of a hierarchy (cpu of cpu,cpuacct)
        [ ! -L "$hierarchy" ] && [ -e "$hierarchy/cgroup.procs" ] && echo "$hierarchy/tomte-testbed"
    done
}

cgroup_make() {
    local parent directory
    for parent in $(cgroup_parents); do
        for directory in "$parent" "$parent/$1"; do
            mkdir -p "$directory"
            # a v1 cpuset lets nothing in before it has been filled
            [ ! -e "$directory/cpuset.cpus" ] || only_v2 || cat "${parent%/*}/cpuset.cpus" >"$directory/cpuset.cpus"
            [ ! -e "$directory/cpuset.mems" ] || only_v2 || cat "${parent%/*}/cpuset.mems" >"$directory/cpuset.mems"
            [ ! -e "$directory/memory.use_hierarchy" ] || echo 1 2>/dev/null >"$directory/memory.use_hierarchy" || :
        done
        if only_v2; then
            cgroup_enable "${parent%/*}" && cgroup_enable "$parent" ||
                die "cgroup v2: cpu, memory and pids cannot be given to $parent; is this a container of its own?"
        fi
    done
}

# cgroup_enable DIRECTORY: lets its children have every controller that it has; fails without those that kubelet needs
cgroup_enable() {
    local controller
    for controller in $(cat "$1/cgroup.controllers"); do
        echo "+$controller" 2>/dev/null >"$1/cgroup.subtree_control" || :
    done
    for controller in cpu cpuset memory pids; do
        grep -qw $controller "$1/cgroup.subtree_control" || return
    done
}

# cgroup_remove NODE: its last process may be ending still
cgroup_remove() {
    local parent
    for parent in $(cgroup_parents); do
        wait_for 10 "the processes in $parent/$1" cgroup_try_remove "$parent/$1" || :
        rmdir "$parent" 2>/dev/null || :
    done
}

cgroup_try_remove() {
    [ -d "$1" ] || return 0
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
    [ ! -d "$1" ]
}

# cgroup_thaw NODE: what a v1 freezer holds does not die before it is let go
cgroup_thaw() {
    local state
    find $cgroup_root/freezer/tomte-testbed/"$1" -name freezer.state 2>/dev/null | while read -r state; do
        echo THAWED 2>/dev/null >"$state" || :
    done
}

# cgroup_memory NODE: MiB with page cache, and without
cgroup_memory() {
    local directory=$cgroup_root/memory/tomte-testbed/$1 usage=memory.usage_in_bytes resident=total_rss
    if only_v2; then directory=$cgroup_root/tomte-testbed/$1 usage=memory.current resident=anon; fi
    echo "$(($(cat "$directory/$usage") / 1048576)) MiB with page cache," \
        "$(awk -v key=$resident '$1 == key {printf "%d", $2 / 1048576}' "$directory/memory.stat") MiB without"
}
