# Has a mark all over its memory, that is nowhere in its text, and counts.
import signal
import sys
import time

MIB = 1 << 20
stop = []
signal.signal(signal.SIGTERM, lambda number, frame: stop.append(number))
mark = bytes(byte ^ 0x2A for byte in bytes.fromhex(sys.argv[1]))
memory = bytearray(mark * (int(sys.argv[2]) * MIB // len(mark)))
n = 0
while not stop:
    n += 1
    memory[n % len(mark)] = memory[n % len(mark)]
    print(n, flush=True)
    time.sleep(0.02)
print("OK", n)
