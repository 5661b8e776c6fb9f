package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.mount.GuestMount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** POSIX access lists allow and refuse away what they do at home; programs' capabilities are seen and taken away. */
@Timeout(120)
class AccessListsTest {
    private static final String PYTHON = "/usr/bin/python3";

    /** setfacl and getfacl, by the extended attributes' bytes (linux/posix_acl_xattr.h). */
    private static final String LISTS = """
            import errno, os, stat, struct, sys, time
            ACCESS, DEFAULT = 'system.posix_acl_access', 'system.posix_acl_default'
            TAGS = {'u': 1, 'U': 2, 'g': 4, 'G': 8, 'm': 16, 'o': 32}
            def setfacl(path, text, kind=ACCESS):
                # u:7 U1000:6 g:0 G1000:4 m:7 o:0
                value = struct.pack('<I', 2)
                for entry in text.split():
                    who, may = entry.split(':')
                    value += struct.pack('<HHI', TAGS[who[0]], int(may), int(who[1:]) if who[1:] else 0xffffffff)
                os.setxattr(path, kind, value)
            def getfacl(path, kind=ACCESS):
                value = os.getxattr(path, kind)
                names = {tag: name for name, tag in TAGS.items()}
                entries = [struct.unpack_from('<HHI', value, at) for at in range(4, len(value), 8)]
                return ' '.join('%s%s:%d' % (names[t], i if t in (2, 8) else '', p) for t, p, i in entries)
            def say(what, call):
                try:
                    print(what, call(), flush=True)
                except OSError as e:
                    print(what, errno.errorcode[e.errno], flush=True)
            def touch(path, flags=os.O_RDONLY):
                os.close(os.open(path, flags))
            def mode(path):
                return oct(os.lstat(path).st_mode)
            """;

    /** By root, in both directories: each a list of entries, in the order that the kernel wants. */
    private static final String MAKE = LISTS + """
            files = {
                'user':    'u:6 U1000:6 g:0 m:6 o:0',
                'notuser': 'u:6 U1000:0 g:6 m:6 o:6',
                'group':   'u:6 g:0 G1000:6 m:6 o:0',
                'notgroup': 'u:6 g:6 G1000:0 m:6 o:6',
                'masked':  'u:7 U1000:7 g:7 m:4 o:0',
                'others':  'u:6 U3000:6 g:0 m:6 o:4',
                'program': 'u:7 U1000:5 g:0 m:7 o:0',
            }
            for side in ('native', 'away'):
                os.makedirs(side); os.chdir(side)
                for name, entries in files.items():
                    with open(name, 'w') as f: f.write('#!/bin/sh\\necho runs\\n')
                    os.chmod(name, 0o600)
                    setfacl(name, entries)
                os.mkdir('open', 0o700); setfacl('open', 'u:7 U1000:7 g:0 m:7 o:0')
                os.mkdir('inherit', 0o700); setfacl('inherit', 'u:7 U1000:7 g:0 m:7 o:0')
                setfacl('inherit', 'u:7 U1000:6 g:5 G4000:7 m:7 o:1', DEFAULT)
                os.mkdir('closed', 0o777); os.chmod('closed', 0o777); setfacl('closed', 'u:7 U1000:0 g:7 m:7 o:7')
                os.mkdir('many')
                for i in range(200):
                    with open('many/%d' % i, 'w') as f: f.write('x')
                    setfacl('many/%d' % i, 'u:6 U1000:4 g:0 m:4 o:0')
                os.mkdir('mine'); os.chown('mine', 1000, 1000)
                os.chdir('..')
            """;

    private static final String TRY = LISTS + """
            os.chdir(sys.argv[1])
            for name in ('user', 'notuser', 'group', 'notgroup', 'masked', 'others', 'program', 'open', 'closed'):
                say(name + ' mode', lambda: mode(name))
                say(name + ' read', lambda: touch(name))
                say(name + ' write', lambda: touch(name, os.O_WRONLY))
                say(name + ' access', lambda: [os.access(name, how) for how in (os.R_OK, os.W_OK, os.X_OK)])
                say(name + ' list', lambda: getfacl(name))
                say(name + ' change', lambda: setfacl(name, 'u:7 g:7 o:7'))
            sys.stdout.flush()
            say('run', lambda: os.system('./program'))
            say('in', lambda: os.mkdir('open/d'))
            say('not in', lambda: os.stat('closed/x'))
            # what a listing has told of, and more at once than are named one by one
            say('listed', lambda: sum(entry.stat().st_size for entry in os.scandir('many')))
            say('many', lambda: [touch('many/%d' % i) for i in range(200)].count(None))
            say('many write', lambda: touch('many/7', os.O_WRONLY))
            """;

    private static final String INHERIT = LISTS + """
            os.chdir(sys.argv[1] + '/inherit')
            for mask in (0o022, 0o077, 0):
                os.umask(mask)
                made = {
                    'f%o': lambda n: os.close(os.open(n, os.O_CREAT | os.O_WRONLY, 0o666)),
                    'n%o': lambda n: os.mknod(n, 0o644 | stat.S_IFREG),
                    'p%o': lambda n: os.mkfifo(n, 0o620),
                    'd%o': lambda n: os.mkdir(n, 0o777),
                    't%o': lambda n: os.link('/proc/self/fd/%d' % os.open('.', os.O_TMPFILE | os.O_RDWR, 0o640), n,
                                             follow_symlinks=True),
                }
                for pattern, make in made.items():
                    name = pattern % mask
                    say(name, lambda: make(name))
                    say(name, lambda: mode(name))
                    say(name, lambda: getfacl(name))
                    say(name, lambda: getfacl(name, DEFAULT))
            """;

    private static final String CHANGE = LISTS + """
            os.chdir(sys.argv[1] + '/mine')
            os.umask(0o022)
            touch('f', os.O_CREAT | os.O_WRONLY); os.mkdir('d')
            say('none', lambda: getfacl('f'))
            setfacl('f', 'u:6 U2000:7 g:4 G3000:6 m:7 o:0'); setfacl('d', 'u:7 U2000:7 g:5 m:7 o:5', DEFAULT)
            say('set', lambda: (mode('f'), getfacl('f'), getfacl('d', DEFAULT), os.listxattr('f')))
            os.chmod('f', 0o640)
            say('masked', lambda: (mode('f'), getfacl('f')))
            os.chmod('f', 0o777)
            say('unmasked', lambda: (mode('f'), getfacl('f')))
            os.chmod('f', 0o2755)
            setfacl('f', 'u:7 U2000:4 g:5 m:5 o:5')
            say('sgid', lambda: (mode('f'), getfacl('f')))
            say('wrong', lambda: os.setxattr('f', ACCESS, b'nonsense'))
            say('incomplete', lambda: setfacl('f', 'u:7 U2000:7 g:5 o:5'))
            say('default of a file', lambda: setfacl('f', 'u:7 g:5 o:5', DEFAULT))
            say('short', lambda: os.getxattr('f', ACCESS) != b'')
            touch('gone', os.O_CREAT | os.O_WRONLY); setfacl('gone', 'u:6 U2000:7 g:4 m:7 o:0')
            os.removexattr('gone', ACCESS)
            say('removed', lambda: mode('gone'))
            say('none left', lambda: getfacl('gone'))
            say('none to remove', lambda: os.removexattr('gone', ACCESS))
            """;

    /** Opens a file whenever a line comes, until that answers what the line says. */
    private static final String FOLLOW = LISTS + """
            def result(name):
                try:
                    touch(name)
                    return 'ok'
                except OSError as e:
                    return errno.errorcode[e.errno]
            for line in sys.stdin:
                name, expected = line.split()
                end = time.monotonic() + 10
                while result(name) != expected and time.monotonic() < end: pass
                print(result(name), flush=True)
            """;

    /** Reads a file's capabilities whenever a line comes, until that answers what the line says. */
    private static final String CAPABILITIES = LISTS + """
            def result():
                try:
                    return str(len(os.getxattr('plain', 'security.capability')))
                except OSError as e:
                    return errno.errorcode[e.errno]
            for line in sys.stdin:
                end = time.monotonic() + 10
                while result() != line.strip() and time.monotonic() < end: os.stat('plain')
                print(result(), flush=True)
            """;

    @TempDir
    Path directory;

    private HomeFixture fixture;

    @BeforeEach
    void up() throws Exception {
        fixture = new HomeFixture(directory);
        Pod.output(fixture.home.runAsRoot("sh", "-ec", "cd /home/tomte; exec " + PYTHON + " -c \"$0\"", MAKE));
    }

    @AfterEach
    void down() throws Exception {
        fixture.close();
    }

    private Process python(GuestMount mount, String program, String where) throws IOException {
        return fixture.guest.runIn(mount.namespace(), PYTHON, "-c", program, "/home/tomte/" + where);
    }

    /** What the program says at home, as away. */
    private String compared(String program) throws IOException {
        String home = Pod.output(fixture.home.run(PYTHON, "-c", program, "/home/tomte/native"));
        try (GuestMount mount = fixture.mount()) {
            assertEquals(home, Pod.output(python(mount, program, "away")));
        }
        return home;
    }

    /** All that is below a directory of home's, as root sees it. */
    private String all(String where) throws IOException {
        String program = LISTS + """
                os.chdir(sys.argv[1])
                for d, ds, fs in sorted(os.walk('.')):
                    for name in sorted(ds + fs):
                        path = os.path.join(d, name)
                        print(path, mode(path), [os.getxattr(path, a).hex() for a in sorted(os.listxattr(path))])
                """;
        return Pod.output(fixture.home.runAsRoot(PYTHON, "-c", program, "/home/tomte/" + where));
    }

    @Test
    void theyAllowAndRefuse() throws IOException {
        String said = compared(TRY);
        assertTrue(said.contains("\nuser write None\n"), said);
        assertTrue(said.contains("\nnotuser read EACCES\n"), said);
        assertTrue(said.contains("\ngroup write None\n"), said);
        assertTrue(said.contains("\nnotgroup read EACCES\n"), said);
        assertTrue(said.contains("\nmasked read None\nmasked write EACCES\n"), said);
        assertTrue(said.contains("\nruns\nrun 0\nin None\nnot in EACCES\n"), said);
        assertTrue(said.contains("\nlisted 200\nmany 200\nmany write EACCES\n"), said);
        assertEquals(all("native"), all("away"));
    }

    @Test
    void whatIsMadeInheritsThem() throws IOException {
        assertTrue(compared(INHERIT).contains("G4000"));
        assertEquals(all("native"), all("away"));
    }

    @Test
    void whatIsChangedAwayIsChangedAtHome() throws IOException {
        assertTrue(compared(CHANGE).contains("U2000:7"));
        assertEquals(all("native"), all("away"));
    }

    @Test
    void whatIsChangedAtHomeCountsAwaySoon() throws IOException {
        try (GuestMount mount = fixture.mount()) {
            follow(mount, () -> {});
        }
    }

    @Test
    void aProgramsCapabilitiesAreAskedForToo() throws IOException {
        Pod.output(fixture.home.runAsRoot("sh", "-ec", "cd /home/tomte/away; echo x > plain; chown 1000 plain"));
        try (GuestMount mount = fixture.mount()) {
            Process reader = fixture.guest.runIn(
                    mount.namespace(), "sh", "-c", "cd /home/tomte/away; exec " + PYTHON + " -c \"$0\"", CAPABILITIES);
            assertEquals("ENODATA", ask(reader, "ENODATA"));
            capabilityAtHome("os.setxattr(f, c, struct.pack('<IIIII', 0x02000001, 1, 0, 0, 0))");
            assertEquals("20", ask(reader, "20"));
            // the guest's kernel asks for them, and takes them away
            Pod.output(fixture.guest.runIn(mount.namespace(), "sh", "-c", "echo y >> /home/tomte/away/plain"));
            capabilityAtHome("assert c not in os.listxattr(f)");
            assertEquals("ENODATA", ask(reader, "ENODATA"));
            reader.getOutputStream().close();
            Pod.output(reader);
        }
    }

    private void capabilityAtHome(String statement) throws IOException {
        String program = LISTS + "f, c = '/home/tomte/away/plain', 'security.capability'\n" + statement + "\n";
        Pod.output(fixture.home.runAsRoot(PYTHON, "-c", program));
    }

    /** The next origin has told nobody anything, and what the former told the guest's agent still holds. */
    @Test
    void theyCountWhenTheOriginHasBeenReplaced() throws IOException {
        try (GuestMount mount = fixture.mount()) {
            follow(mount, () -> {
                int port = fixture.origin.port();
                fixture.origin.close();
                fixture.origin = fixture.startOrigin(port);
            });
        }
    }

    /** An agent that takes a mount up does not know what was told before. */
    @Test
    void theyCountWhenTheGuestsAgentHasBeenReplaced() throws Exception {
        String[] arguments = {
            Integer.toString(fixture.origin.port()),
            fixture.tls(HomeFixture.HOLDER).toString(),
            Integer.toString(fixture.guest.stubPid())
        };
        ChildJvm first = agent("open", arguments);
        Process reader = fixture.guest.runIn(
                fixture.guestKeeper
                        .take(fixture.guestKeeper.keys("mount/").getFirst())
                        .getLast(),
                "sh",
                "-c",
                "cd /home/tomte/away; read go; exec " + PYTHON + " -c \"$0\"",
                FOLLOW);
        assertEquals("ok", ask(reader, "\nuser ok"));
        first.kill();
        ChildJvm second = agent("resume", arguments);
        assertEquals("ok", ask(reader, "user ok"));
        assertEquals("EACCES", ask(reader, "notuser EACCES"));
        assertEquals("ok", ask(reader, "group ok"));
        reader.getOutputStream().close();
        Pod.output(reader);
        second.kill();
    }

    private ChildJvm agent(String how, String[] arguments) throws IOException {
        return ChildJvm.start(MountMain.class, fixture.guestKeeper, how, arguments[0], arguments[1], arguments[2]);
    }

    private interface Action {
        void run() throws IOException;
    }

    private void follow(GuestMount mount, Action between) throws IOException {
        Process reader = fixture.guest.runIn(
                mount.namespace(), "sh", "-c", "cd /home/tomte/away; exec " + PYTHON + " -c \"$0\"", FOLLOW);
        assertEquals("ok", ask(reader, "user ok"));
        assertEquals("EACCES", ask(reader, "notuser EACCES"));
        Pod.output(fixture.home.runAsRoot(
                "sh", "-ec", "echo x > /home/tomte/away/plain; chmod 640 /home/tomte/away/plain"));
        assertEquals("EACCES", ask(reader, "plain EACCES"));
        between.run();
        setAtHome("plain", "u:6 U1000:6 g:0 m:6 o:0");
        assertEquals("ok", ask(reader, "plain ok"));
        setAtHome("user", "u:6 U1000:0 g:0 m:6 o:4");
        assertEquals("EACCES", ask(reader, "user EACCES"));
        setAtHome("notuser", "u:6 U1000:4 g:0 m:6 o:0");
        assertEquals("ok", ask(reader, "notuser ok"));
        assertEquals("ok", ask(reader, "group ok"));
        reader.getOutputStream().close();
        Pod.output(reader);
    }

    private void setAtHome(String name, String entries) throws IOException {
        String program = LISTS + "setfacl('/home/tomte/away/' + sys.argv[1], sys.argv[2])\n";
        Pod.output(fixture.home.runAsRoot(PYTHON, "-c", program, name, entries));
    }

    private static String ask(Process reader, String line) throws IOException {
        reader.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        reader.getOutputStream().flush();
        StringBuilder answer = new StringBuilder();
        while (true) {
            int read = reader.getInputStream().read();
            if (read < 0) throw new IOException("the reader has ended: " + answer);
            if (read == '\n') return answer.toString();
            answer.append((char) read);
        }
    }
}
