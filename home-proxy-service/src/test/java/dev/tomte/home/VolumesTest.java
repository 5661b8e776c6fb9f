package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.home.mount.GuestMount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

    /** Writes until there is no room. */
    private static final String FILLS = SAYS + """
            f = os.open('f', os.O_RDWR | os.O_CREAT, 0o644)
            say('small', lambda: os.write(f, b'x' * 1000))
            while True:
                try:
                    if os.write(f, b'y' * 65536) < 65536: break
                except OSError as e:
                    print(errno.errorcode[e.errno])
                    break
            """;

    private static final String FULL = FILLS + """
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
            say('flag', lambda: os.statvfs('.').f_flag & os.ST_RDONLY)
            say('may write', lambda: os.access('there', os.W_OK))
            say('may create', lambda: os.access('.', os.W_OK))
            say('may write to nothing', lambda: os.access('nothing', os.W_OK))
            say('mode', lambda: os.chmod('there', 0o600))
            say('owner', lambda: os.chown('there', 0, 0))
            say('unlink nothing', lambda: os.unlink('nothing'))
            say('rmdir nothing', lambda: os.rmdir('nothing'))
            say('rename nothing', lambda: os.rename('nothing', 'b'))
            say('link nothing', lambda: os.link('nothing', 'b'))
            say('remove attribute', lambda: os.removexattr('there', 'user.none'))
            say('trusted attribute', lambda: os.setxattr('there', 'trusted.a', b'x'))
            say('list', lambda: os.setxattr('there', 'system.posix_acl_access', b'xxx'))
            say('mkdir in nothing', lambda: os.mkdir('nothing/d'))
            say('cut by handle', lambda: os.ftruncate(os.open('there', os.O_RDONLY), 0))
            say('times by handle', lambda: os.utime(os.open('there', os.O_RDONLY)))
            say('lock', lambda: fcntl.flock(os.open('there', os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB))
            say('process lock', lambda: fcntl.lockf(os.open('there', os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB))
            """;

    private static final String READ_ONLY_ROOT = SAYS + """
            print([os.statvfs(p).f_flag & os.ST_RDONLY for p in ('/', '.', 'inner', '/tmp', '/dev/shm')])
            for p in ('/', '/home/tomte', '.', 'inner', '/tmp', '/dev/shm'):
                say('may create in ' + p.strip('.'), lambda: os.access(p, os.W_OK))
                say('create', lambda: os.close(os.open(p + '/new', os.O_CREAT | os.O_WRONLY)))
                say('unlink', lambda: os.unlink(p + '/new'))
            say('into the root', lambda: os.rename('.', '/x'))
            say('out of the root', lambda: os.link('/bin/true', 'true'))
            """;

    private static final String NOT_RUN = SAYS + """
            import mmap
            say('flag', lambda: os.statvfs('.').f_flag & os.ST_NOEXEC)
            say('may run', lambda: os.access('true', os.X_OK))
            say('run', lambda: os.posix_spawn('./true', ['true'], {}))
            say('map', lambda: mmap.mmap(os.open('true', os.O_RDONLY), 4096, mmap.MAP_PRIVATE,
                                         mmap.PROT_READ | mmap.PROT_EXEC))
            """;

    /** Which changes take a file's set-user-id bit, set-group-id bit and capabilities away. */
    private static final String RIGHTS = SAYS + """
            def look(n):
                return oct(os.stat(n).st_mode & 0o7777), 'security.capability' in os.listxattr(n)
            def writes(n, f): os.write(f, b'y')
            def truncates(n, f): os.truncate(n, 3)
            def cuts(n, f): os.ftruncate(f, 2)
            def grows(n, f): os.ftruncate(f, 100)
            def opens(n, f): os.close(os.open(n, os.O_WRONLY | os.O_TRUNC))
            def allocates(n, f): os.posix_fallocate(f, 0, 8192)
            def appends(n, f): os.write(os.open(n, os.O_WRONLY | os.O_APPEND), b'z')
            def copies(n, f): os.copy_file_range(os.open('../source', os.O_RDONLY), f, 3)
            def owns(n, f): os.chown(n, -1, os.getgid())
            def gives(n, f): os.chown(n, 12, 12)
            def mode(n, f): os.chmod(n, 0o6711)
            def times(n, f): os.utime(n)
            def links(n, f): os.link(n, n + '.link')
            def renames(n, f): os.rename(n, n + '.new'); os.rename(n + '.new', n)
            def reads(n, f): os.read(f, 3)
            for change in (writes, truncates, cuts, grows, opens, allocates, appends, copies, owns, gives, mode,
                           times, links, renames, reads):
                for n in ('mine-' + change.__name__, 'shared-' + change.__name__):
                    say(n + ' was', lambda: look(n))
                    say(n, lambda: change(n, os.open(n, os.O_RDWR)))
                    say(n + ' is', lambda: look(n))
            say('set capability', lambda: os.setxattr('mine-reads', 'security.capability',
                                                         struct.pack('<IIIII', 0x02000001, 2, 0, 0, 0)))
            say('remove capability', lambda: os.removexattr('mine-reads', 'security.capability'))
            say('runs', lambda: os.system('./id -u; ./id -g'))
            """;

    /** By root: of the user's own, and of others who let it write. Version 2, effective: CAP_DAC_OVERRIDE. */
    private static final String MAKE_RIGHTS = """
            import os, shutil, struct, sys
            user = int(sys.argv[1])
            capability = struct.pack('<IIIII', 0x02000001, 1 << 1, 0, 0, 0)
            os.chdir('/home/tomte')
            with open('source', 'w') as f: f.write('source')
            for side in ('native', 'away'):
                os.mkdir(side); os.chmod(side, 0o777); os.chdir(side)
                for change in ('writes truncates cuts grows opens allocates appends copies owns gives mode times links'
                               ' renames reads').split():
                    for whose, owner in (('mine-', user), ('shared-', 3000)):
                        with open(whose + change, 'w') as f: f.write('contents')
                        os.chown(whose + change, owner, owner)
                        os.chmod(whose + change, 0o6777)
                        os.setxattr(whose + change, 'security.capability', capability)
                shutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o6755)
                os.chdir('..')
            """;

    private static final String QUOTA = FILLS + """
            print(os.fstat(f).st_size)
            say('append', lambda: os.write(os.open('f', os.O_WRONLY | os.O_APPEND), b'z' * 65536))
            say('within', lambda: os.pwrite(f, b'z' * 100, 10))
            say('allocate', lambda: os.posix_fallocate(f, 0, 1 << 24))
            say('hole', lambda: os.pwrite(f, b'z' * 65536, 1 << 22))
            say('shrink', lambda: os.ftruncate(f, 5000))
            say('again', lambda: os.pwrite(f, b'z' * 5000, 0))
            for i in range(12): say('file %d' % i, lambda: os.close(os.open('n%d' % i, os.O_CREAT | os.O_WRONLY)))
            say('directory', lambda: os.mkdir('d'))
            say('fifo', lambda: os.mkfifo('p'))
            say('symlink', lambda: os.symlink('a', 'l'))
            say('nameless', lambda: os.open('.', os.O_TMPFILE | os.O_RDWR) > 0)
            say('hard link', lambda: os.link('n0', 'h'))
            say('rename', lambda: os.rename('n1', 'm'))
            say('unlink', lambda: os.unlink('m'))
            say('now', lambda: os.mkdir('d'))
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
        assertTrue(compared(user, READ_ONLY).contains("flag 1\nmay write False\n"));
    }

    /** As Kubernetes mounts what is to be read-only in one container. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 0})
    void aVolumeThatIsReadOnlyHere(int user) throws IOException {
        volumes(
                "mode=777",
                "echo text > there; chmod 666 there; echo more > closed; chmod 600 closed; chown 3000 closed;"
                        + " mount -o remount,bind,ro .");
        String closed = """
            say('closed', lambda: os.open('closed', os.O_WRONLY))
            say('may write', lambda: os.access('closed', os.W_OK))
            """;
        assertTrue(compared(user, READ_ONLY + closed).contains("unlink nothing EROFS\n"));
    }

    /** A pod with readOnlyRootFilesystem, and a volume in it to write to. */
    @Test
    void aReadOnlyRoot() throws IOException {
        volumes("mode=777", "mkdir -m 777 inner; mount -t tmpfs -o ro inner inner");
        asRoot("mount -o remount,bind,ro /; mount -o remount,ro /dev/shm");
        assertTrue(compared(1000, READ_ONLY_ROOT).contains("[1, 0, 1, 0, 1]"));
    }

    @Test
    void aVolumeThatNothingRunsFrom() throws IOException {
        volumes("mode=777,noexec", "cp /bin/true .");
        assertEquals("flag 8\nmay run False\nrun EACCES\nmap EPERM\n", compared(1000, NOT_RUN));
    }

    /** As every program of a pod runs: its stub lets nobody gain rights. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 0})
    void setUserIdBitsAndCapabilities(int user) throws IOException {
        Pod.output(fixture.home.runAsRoot("/usr/bin/python3", "-c", MAKE_RIGHTS, Integer.toString(user)));
        String said = compared(user, RIGHTS);
        assertTrue(said.contains("mine-writes was ('0o6777', True)\nmine-writes None\n"), said);
        assertTrue(said.contains("mine-writes is ('0o777', False)\n"), said);
        assertTrue(said.contains("set capability EPERM\nremove capability EPERM\n"), said);
        assertTrue(said.endsWith("\n" + user + "\n" + user + "\nruns 0\n"), said);
    }

    /** Needs a kernel with CONFIG_TMPFS_QUOTA (6.6): nothing else has quotas without a disk to make. */
    @Test
    void aUsersQuota() throws IOException {
        String options = "mode=777,usrquota,usrquota_block_hardlimit=1M,usrquota_inode_hardlimit=8";
        // that nothing else is in the way
        asRoot("mount -t tmpfs -o mode=777 probe /mnt; umount /mnt");
        Process probe = fixture.home.runAsRoot("mount", "-t", "tmpfs", "-o", options, "probe", "/mnt");
        String refusal = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(probe.onExit().join().exitValue() == 0, "this kernel's tmpfs has no quotas: " + refusal);
        volumes(options, ":");
        assertTrue(compared(1000, QUOTA).contains("EDQUOT"));
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
