#!/bin/sh
# keep.sh PREFIX CGROUP LOG COMMAND...: runs a service and runs it again when it dies, until PREFIX.stop is there.
# PREFIX.keeper and PREFIX.pid say who they are: PID and start time, which together mean one process only.
set -u
prefix=$1 cgroup=$2 log=$3
shift 3
echo $$ > "$cgroup/cgroup.procs" || exit 1

note() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # the name, in brackets, may hold blanks; the start time is the 20th field after it
    set -- "$1" "$2" ${stat##*) }
    shift 2
    echo "$pid_noted ${20}" > "$file_noted.new" && mv "$file_noted.new" "$file_noted"
}
remember() {
    pid_noted=$1 file_noted=$2
    note "$1" "$2"
}

child=
trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
remember $$ "$prefix.keeper"
while [ ! -e "$prefix.stop" ]; do
    "$@" < /dev/null >> "$log" 2>&1 &
    child=$!
    remember "$child" "$prefix.pid"
    # a signal ends wait before the child has ended
    while kill -0 "$child" 2>/dev/null; do
        wait "$child"
        status=$?
    done
    [ -e "$prefix.stop" ] && break
    echo "$(date -u +%FT%TZ) the service ended with status $status and is started again" >> "$log"
    sleep 1
done
rm -f "$prefix.pid" "$prefix.keeper"
