# Watches whatever is written to the file systems that hold the given paths (fanotify(7)), and prints the name of each
# file in which the mark is found. Arguments: the mark, xored with 0x2a, in hex; a directory, of which every file is
# looked at; a cgroup, whose processes' files are looked at wherever they are; further paths. Prints "watching" when it
# does. Ends when its input ends, and says then how many files it has looked at.
import ctypes
import os
import select
import struct
import sys

FAN_MARK_ADD, FAN_MARK_FILESYSTEM = 0x1, 0x100
FAN_MODIFY, FAN_CLOSE_WRITE = 0x2, 0x8
FAN_UNLIMITED_QUEUE = 0x10
FAN_Q_OVERFLOW = 0x4000
EVENT = struct.Struct("=IBBHQii")
PIECE = 1 << 20

mark = bytes(byte ^ 0x2A for byte in bytes.fromhex(sys.argv[1]))
directory, cgroup, paths = sys.argv[2], sys.argv[3], sys.argv[4:]
libc = ctypes.CDLL(None, use_errno=True)
queue = libc.fanotify_init(FAN_UNLIMITED_QUEUE, os.O_RDONLY | os.O_LARGEFILE)
if queue < 0:
    sys.exit("fanotify_init: " + os.strerror(ctypes.get_errno()))
for path in [directory] + paths:
    events = ctypes.c_uint64(FAN_MODIFY | FAN_CLOSE_WRITE)
    if libc.fanotify_mark(queue, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, events, -100, path.encode()) < 0:
        sys.exit("fanotify_mark %s: %s" % (path, os.strerror(ctypes.get_errno())))
print("watching", flush=True)


def is_ours(file, pid):
    if file.startswith(directory + "/"):
        return True
    try:
        return cgroup in open("/proc/%d/cgroup" % pid).read()
    except OSError:
        # it has ended: whoever it was
        return True


def holds_mark(fd):
    offset, tail = 0, b""
    while True:
        piece = os.pread(fd, PIECE, offset)
        if not piece:
            return False
        if mark in tail + piece:
            return True
        offset += len(piece)
        tail = piece[-len(mark):]


looked_at = 0
found = set()
while True:
    ready, _, _ = select.select([queue, 0], [], [])
    if queue in ready:
        data = os.read(queue, 1 << 16)
        while data:
            length, _, _, _, mask, fd, pid = EVENT.unpack(data[:EVENT.size])
            data = data[length:]
            if mask & FAN_Q_OVERFLOW:
                print("too much to look at", flush=True)
            if fd < 0:
                continue
            file = os.readlink("/proc/self/fd/%d" % fd)
            if is_ours(file, pid):
                looked_at += 1
                if file not in found and holds_mark(fd):
                    found.add(file)
                    print("found", file, flush=True)
            os.close(fd)
    elif 0 in ready:
        print("looked at", looked_at, flush=True)
        break
