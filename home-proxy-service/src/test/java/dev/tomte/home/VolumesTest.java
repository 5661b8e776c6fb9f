package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.mount.GuestMount;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls on volumes that refuse, and some that are seldom used, answer away what they answer at home. */
@Timeout(60)
class VolumesTest {
    /** Says what each call answered. */
    private static final String SAYS = """
            import errno, fcntl, os, select, signal, struct, sys, termios
            os.chdir(sys.argv[1])
            def say(what, call):
                try:
                    print(what, call(), flush=True)
                except OSError as e:
                    print(what, errno.errorcode[e.errno], flush=True)
            """;

    private static final String FULL = SAYS + """
            f = os.open('f', os.O_RDWR | os.O_CREAT, 0o644)
            say('small', lambda: os.write(f, b'x' * 1000))
            while True:
                try:
                    if os.write(f, b'y' * 65536) < 65536: break
                except OSError as e:
                    print(errno.errorcode[e.errno])
                    break
            print(os.fstat(f).st_size, os.statvfs('.').f_bavail)
            say('append', lambda: os.write(os.open('f', os.O_WRONLY | os.O_APPEND), b'z'))
            say('within', lambda: os.pwrite(f, b'z' * 100, 10))
            say('allocate', lambda: os.posix_fallocate(f, 0, 1 << 22))
            say('grow', lambda: os.ftruncate(f, 1 << 22))
            say('hole', lambda: os.pwrite(f, b'z', 1 << 21))
            say('shrink', lambda: os.ftruncate(f, 5000))
            say('again', lambda: os.pwrite(f, b'z' * 5000, 0))
            for i in range(9): say('file %d' % i, lambda: os.close(os.open('n%d' % i, os.O_CREAT | os.O_WRONLY)))
            say('directory', lambda: os.mkdir('d'))
            say('link', lambda: os.symlink('a', 'l'))
            say('unlink', lambda: os.unlink('n0'))
            say('now', lambda: os.mkdir('d'))
            say('rename', lambda: os.rename('n1', 'd/n1'))
            print(sorted(os.listdir('.')), os.statvfs('.').f_ffree)
            """;

    private static final String READ_ONLY = SAYS + """
            say('read', lambda: os.read(os.open('there', os.O_RDONLY), 100))
            say('write', lambda: os.open('there', os.O_WRONLY))
            say('both', lambda: os.open('there', os.O_RDWR | os.O_APPEND))
            say('cut', lambda: os.open('there', os.O_RDONLY | os.O_TRUNC))
            say('create', lambda: os.open('new', os.O_WRONLY | os.O_CREAT))
            say('nameless', lambda: os.open('.', os.O_TMPFILE | os.O_RDWR))
            say('exclusive', lambda: os.open('there', os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            say('truncate', lambda: os.truncate('there', 1))
            say('unlink', lambda: os.unlink('there'))
            say('mkdir', lambda: os.mkdir('d'))
            say('known', lambda: os.mkdir('there'))
            say('rename', lambda: os.rename('there', 'b'))
            say('link', lambda: os.link('there', 'b'))
            say('symlink', lambda: os.symlink('there', 'b'))
            say('times', lambda: os.utime('there'))
            say('attribute', lambda: os.setxattr('there', 'user.a', b'x'))
            say('may read', lambda: os.access('there', os.R_OK))
            say('fifo', lambda: os.mkfifo('p'))
            say('lock', lambda: fcntl.flock(os.open('there', os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB))
            say('process lock', lambda: fcntl.lockf(os.open('there', os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB))
            """;

    private static final String SELDOM = SAYS + """
            f = os.open('f', os.O_RDWR | os.O_CREAT, 0o644)
            os.write(f, b'0123456789')
            os.lseek(f, 4, os.SEEK_SET)
            poll = select.poll()
            poll.register(f, 0xffff)
            say('poll', lambda: [event for _, event in poll.poll(0)])
            say('select', lambda: [len(ready) for ready in select.select([f], [f], [f], 0)])
            say('left', lambda: struct.unpack('i', fcntl.ioctl(f, termios.FIONREAD, b'0000'))[0])
            say('terminal', lambda: os.isatty(f))
            say('window', lambda: fcntl.ioctl(f, termios.TIOCGWINSZ, bytes(8)))
            say('unknown', lambda: fcntl.ioctl(f, 0x8008abcd, bytes(8)))
            say('nonblocking', lambda: fcntl.ioctl(f, 0x5421, struct.pack('i', 1)))
            say('name', lambda: os.open('n' * 255, os.O_CREAT | os.O_WRONLY) > 0)
            say('long name', lambda: os.open('n' * 256, os.O_CREAT | os.O_WRONLY))
            say('long path', lambda: os.open('./' * 2040 + 'f', os.O_RDONLY) > 0)
            say('longer path', lambda: os.open('./' * 2050 + 'f', os.O_RDONLY))
            say('sparse', lambda: os.pwrite(f, b'end', 1 << 40))
            say('size', lambda: os.fstat(f).st_size)
            say('data', lambda: os.lseek(f, 1 << 20, os.SEEK_DATA) >> 20)
            say('hole', lambda: os.lseek(f, 0, os.SEEK_HOLE) > 0)
            say('too far', lambda: os.lseek(f, 1 << 41, os.SEEK_DATA))
            say('too big', lambda: os.pwrite(f, b'x', (1 << 63) - 1))
            say('back', lambda: os.ftruncate(f, 0))
            """;

    /** Waits for locks that do not come; a signal ends that. */
    private static final String INTERRUPTED = SAYS + """
            class Alarm(Exception): pass
            def ring(*_): raise Alarm()
            signal.signal(signal.SIGALRM, ring)
            f = os.open('/tmp/held', os.O_RDWR)
            for take in (fcntl.flock, fcntl.lockf):
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                try:
                    take(f, fcntl.LOCK_EX)
                    print('got it')
                except Alarm:
                    print('interrupted', flush=True)
            say('still', lambda: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB))
            """;

    @TempDir
    Path directory;

    private HomeFixture fixture;

    @BeforeEach
    void up() throws Exception {
        fixture = new HomeFixture(directory);
    }

    @AfterEach
    void down() throws Exception {
        fixture.close();
    }

    private String asRoot(String script) throws IOException {
        return Pod.output(fixture.home.runAsRoot("sh", "-ec", script));
    }

    /** What the program says as that user, at home as away. */
    private String compared(int user, String program) throws IOException {
        fixture.uid = user;
        String python = "/usr/bin/python3";
        String home = Pod.output(fixture.home.runAs(user, python, "-c", program, "/home/tomte/native"));
        String away;
        try (GuestMount mount = fixture.mount()) {
            away = Pod.output(fixture.guest.runIn(mount.namespace(), user, python, "-c", program, "/home/tomte/away"));
        }
        assertEquals(home, away);
        return home;
    }

    private void volumes(String options, String then) throws IOException {
        asRoot("cd /home/tomte; for d in native away; do mkdir -p $d; mount -t tmpfs -o " + options
                + " volume $d; (cd $d; " + then + "); done");
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 0})
    void aFullVolume(int user) throws IOException {
        volumes("size=1m,nr_inodes=8,mode=777", ":");
        assertTrue(compared(user, FULL).contains("ENOSPC"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 0})
    void aReadOnlyVolume(int user) throws IOException {
        volumes("mode=777", "echo text > there; chmod 666 there; mount -o remount,ro .");
        assertTrue(compared(user, READ_ONLY).contains("EROFS"));
    }

    @Test
    void whatIsSeldomUsed() throws IOException {
        asRoot("cd /home/tomte; mkdir -m 777 -p native away");
        compared(1000, SELDOM);
    }

    @Test
    void aSignalEndsWaitingForALock() throws IOException {
        asRoot("cd /home/tomte; mkdir -m 777 -p native away; : > /tmp/held; chmod 666 /tmp/held");
        Process holder = fixture.home.run(
                "/usr/bin/python3",
                "-c",
                "import fcntl, sys; f = open('/tmp/held', 'r+'); fcntl.flock(f, fcntl.LOCK_EX);"
                        + " fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()");
        assertEquals('h', holder.getInputStream().read());
        assertEquals("interrupted\ninterrupted\nstill EAGAIN\n", compared(1000, INTERRUPTED));
        holder.getOutputStream().close();
        Pod.output(holder);
    }
}
