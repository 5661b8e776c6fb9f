"""Parent and child hold the two ranges of away.lock from when there is away.now, and check that until there is away.end."""
import fcntl, os, sys, time
f = os.open('away.lock', os.O_RDWR | os.O_CREAT)
child = os.fork() == 0
name = 'child' if child else 'parent'
locked = False
while not os.path.exists('away.end'):
    if os.path.exists('away.now') and not locked:
        fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 10 if child else 0)
        open('away.' + name, 'w').close()
        locked = True
    # who asks for the other's range before that has it takes it
    if locked and os.path.exists('away.parent') and os.path.exists('away.child'):
        # its own lock is in nobody's way but the other's
        fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 10 if child else 0)
        try:
            fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 0 if child else 10)
            os._exit(3)
        except BlockingIOError:
            pass
    if not child: print('.', flush=True)
    time.sleep(0.02)
if child: os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
