#!/bin/bash
# smoke.sh CRIU: dumps a sleeping process and restores it, in namespaces of its own. Needs root.
set -euo pipefail
criu=$(readlink -f "$1")
exec unshare --pid --mount --net --fork --kill-child --propagation private bash -euc '
    criu=$1
    mount -t proc proc /proc
    ip link set lo up
    mount -t tmpfs -o mode=755 dev /mnt
    mknod -m 666 /mnt/null c 1 3
    mkdir /mnt/.tomte /mnt/.tomte/images
    umount -R -l /dev
    mount --move /mnt /dev
    cd /dev/.tomte
    # what the caller has open is of another mount namespace
    for fd in /proc/$$/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"
    done
    setsid sleep 1000 </dev/null >/dev/null 2>&1 &
    sleep=$!
    for what in "dump -t $sleep" "restore --restore-detached"; do
        if ! $criu $what -D images -o log -v2 --network-lock skip --manage-cgroups=ignore; then
            cat images/log >&2
            exit 1
        fi
        { wait $sleep || true; } 2>/dev/null
    done
    test "$(cat /proc/$sleep/comm)" = sleep
    kill $sleep
' smoke "$criu"
