# Becomes a pod: runs as root and PID 1 of new namespaces, ends as the stub, without privilege.
# Every step is checked (set -e); whatever fails ends the pod, and its log says what.
set -eu
root=$1 pod=$2 name=$3 tools=$4 cgroups=$5 kind=$6 uid=$7 gid=$8 hide=$9

# The old /proc still tells the PID that the agent knows us by.
read -r pid rest < /proc/self/stat
for c in $cgroups; do echo 0 > "$c/cgroup.procs"; done
[ "$(hostname)" = "$name" ] || hostname "$name"
ip link set lo up

r=$pod/root
mount --bind "$root" "$r"
for d in $hide; do
    # Only what is there needs hiding.
    if [ -d "$r$d" ]; then
        mode=755
        [ "$d" = /tmp ] && mode=1777
        mount -t tmpfs -o "mode=$mode,nosuid,nodev,size=256m" hidden "$r$d"
    fi
done
mount -t proc -o nosuid,nodev,noexec proc "$r/proc"
mount --bind "$r/proc/sys" "$r/proc/sys"
mount -o remount,bind,ro "$r/proc/sys"

mount -t tmpfs -o mode=755,nosuid,size=16m dev "$r/dev"
mknod -m 666 "$r/dev/null" c 1 3
mknod -m 666 "$r/dev/zero" c 1 5
mknod -m 666 "$r/dev/full" c 1 7
mknod -m 666 "$r/dev/random" c 1 8
mknod -m 666 "$r/dev/urandom" c 1 9
mknod -m 666 "$r/dev/tty" c 5 0
ln -s /proc/self/fd "$r/dev/fd"
ln -s fd/0 "$r/dev/stdin"
ln -s fd/1 "$r/dev/stdout"
ln -s fd/2 "$r/dev/stderr"
mkdir -m 755 "$r/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$r/dev/pts"
ln -s pts/ptmx "$r/dev/ptmx"
mkdir -m 1777 "$r/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev,size=256m shm "$r/dev/shm"

mkdir -m 711 "$r/dev/.tomte"
mkdir -m 755 "$r/dev/.tomte/tools"
mkdir -m 711 "$r/dev/.tomte/ctl"
mount --bind "$tools" "$r/dev/.tomte/tools"
mount -o remount,bind,ro "$r/dev/.tomte/tools"
mount --bind "$pod/ctl" "$r/dev/.tomte/ctl"

# A guest's files are its home's, in a namespace nested in this one: nothing here is for it to write.
[ "$kind" = home ] || mount -o remount,bind,ro "$r"

echo "$pid" > "$pod/pid.new"
mv "$pod/pid.new" "$pod/pid"

cd "$r"
pivot_root . .
umount -l .
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --reuid "$uid" --regid "$gid" --clear-groups --bounding-set=-all --inh-caps=-all --ambient-caps=-all \
    --no-new-privs /dev/.tomte/tools/stub "$kind" /dev/.tomte/ctl/stub.sock
