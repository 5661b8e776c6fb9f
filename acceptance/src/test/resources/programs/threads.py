"""CPython with threads: each adds up numbers under a lock; at SIGTERM the sums must be what they must be."""
import hashlib
import signal
import sys
import threading
import time

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
lock = threading.Lock()
shared = {"sum": 0, "count": 0}
own = [0] * 4
memory = bytes(range(256)) * 4096 * 4
digest = hashlib.sha256(memory).hexdigest()


def work(index):
    while not stopping.is_set():
        with lock:
            shared["count"] += 1
            shared["sum"] += shared["count"]
        own[index] += 1
        if own[index] % 50 == 0:
            assert hashlib.sha256(memory).hexdigest() == digest
        time.sleep(0.001)


threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for thread in threads:
    thread.start()
number = 0
with open(sys.argv[1] + ".txt", "w", buffering=1) as file:
    while not stopping.is_set():
        number += 1
        print(number, flush=True)
        file.write(f"{number}\n")
        stopping.wait(0.01)
for thread in threads:
    thread.join()
count = shared["count"]
assert sum(own) == count, (own, count)
assert shared["sum"] == count * (count + 1) // 2
assert hashlib.sha256(memory).hexdigest() == digest
lines = open(sys.argv[1] + ".txt").read().split()
assert lines == [str(i) for i in range(1, number + 1)]
print("OK", number)
