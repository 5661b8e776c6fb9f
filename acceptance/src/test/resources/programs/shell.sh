# A script with children and pipes. Prints 1, 2, 3 ... until SIGTERM, then checks what its children wrote.
stop=
trap 'stop=1' TERM
rm -f "$1.direct" "$1.fifo" "$1.through"
mkfifo "$1.fifo"
while read -r n; do echo "$n" >> "$1.through"; done < "$1.fifo" &
reader=$!
exec 3> "$1.fifo"
i=0
while [ -z "$stop" ]; do
    i=$((i + 1))
    echo "$i" | (read -r n; echo "$n") | tee -a "$1.direct"
    echo "$i" >&3
    sleep 0.01
done
exec 3>&-
wait "$reader"
seq 1 "$i" | cmp - "$1.direct" || exit 3
seq 1 "$i" | cmp - "$1.through" || exit 4
rm -f "$1.fifo"
echo "OK $i"
