# Sourced by testbed: waiting, and saying how long things took.

# timed FILE STAGE COMMAND...: notes in FILE, and says, how long it took
timed() {
    local file=$1 stage=$2 start end
    shift 2
    start=$(date +%s%N)
    "$@"
    end=$(date +%s%N)
    mkdir -p "${file%/*}"
    printf '%-28s %7d.%d s\n' "$stage" $(((end - start) / 1000000000)) $(((end - start) / 100000000 % 10)) |
        tee -a "$file" >&2
}

# wait_for SECONDS WHAT COMMAND...
wait_for() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            say "gave up waiting for $what"
            return 1
        fi
        sleep 0.3
    done
}
