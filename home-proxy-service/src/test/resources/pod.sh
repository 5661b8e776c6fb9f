# A pod of plain namespaces, as far as files are concerned. Run by: unshare --pid --mount --ipc --fork sh pod.sh DIRECTORY
set -e
mount --make-rprivate /
w=$1
mount -t tmpfs -o mode=755,size=2g pod "$w"
mkdir "$w/up" "$w/work" "$w/root"
mount -t overlay -o "lowerdir=/,upperdir=$w/up,workdir=$w/work" pod "$w/root"
r=$w/root
mount -t proc proc "$r/proc"
mount -t tmpfs -o mode=755 dev "$r/dev"
for n in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "$r/dev/${n%:*}" c 1 "${n#*:}"
done
mkdir "$r/dev/shm" "$r/dev/pts"
mount -t tmpfs -o mode=1777 shm "$r/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$r/dev/pts"
mkdir -p "$r/home/tomte" "$r/tmp"
mount -t tmpfs -o mode=1777 tmp "$r/tmp"
chown 1000:1000 "$r/home/tomte"
cd "$r"
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
echo ready
# the pod ends when its starter closes standard input
exec cat
