"""locks.py hold|try|wait flock|ofd|posix NAME: holds a lock of NAME.lock until SIGTERM, or tries or waits to get it.
Whoever gets it before its holder has said NAME.released fails."""
import fcntl
import os
import signal
import struct
import sys
import threading
import time

role, kind, name = sys.argv[1:4]
stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
F_OFD_SETLK, F_OFD_SETLKW = 37, 38


def take(file, waits):
    if kind == "flock":
        fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    elif kind == "ofd":
        lock = struct.pack("hhqqii", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0, 0)
        fcntl.fcntl(file, F_OFD_SETLKW if waits else F_OFD_SETLK, lock)
    else:
        fcntl.lockf(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))


def taken(file):
    try:
        take(file, False)
        return True
    except BlockingIOError:
        return False


def fail(why):
    print(why, flush=True)
    os._exit(3)


def reopened():
    return os.open(name + ".lock", os.O_RDWR | os.O_CREAT, 0o644)


file = reopened()
number = 0


def count():
    global number
    number += 1
    print(number, flush=True)
    time.sleep(0.02)


if role == "hold":
    take(file, True)
    os.write(file, b"0123456789")
    while not stopping.is_set():
        if kind != "posix":
            other = reopened()
            if taken(other):
                fail("its own lock does not exclude it")
            os.close(other)
        if os.lseek(file, 0, os.SEEK_CUR) != 10:
            fail("the offset is not that of the file that it had opened")
        count()
    open(name + ".released", "w").close()
    os.close(file)
elif role == "try":
    tries = 0
    while not taken(file):
        tries += 1
        if tries % 50 == 0:
            count()
    if not os.path.exists(name + ".released"):
        fail("it got the lock of another")
else:
    won = threading.Event()

    def wait():
        take(file, True)
        if not os.path.exists(name + ".released"):
            fail("it got the lock of another")
        won.set()

    threading.Thread(target=wait).start()
    while not won.is_set():
        count()
print(f"OK {number}", flush=True)
