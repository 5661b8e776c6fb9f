package dev.tomte.home;

import static dev.tomte.home.RawGuest.body;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.linux.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Home believes nothing that a guest sends. */
@Timeout(60)
class HostileGuestTest {
    private static final long SEED = 20261129;
    /** Bytes of struct fuse_entry_out, and of struct fuse_dirent without its name. */
    private static final int ENTRY_OUT = 128;

    private static final int DIRENT = 24;

    @TempDir
    static Path directory;

    static HomeFixture fixture;
    static int mounts;

    @BeforeAll
    static void start() throws Exception {
        fixture = new HomeFixture(directory);
        Pod.output(fixture.home.run(
                "sh", "-ec", "cd /home/tomte; echo hello > f; mkdir d; mkfifo p; ln -s /etc/passwd l"));
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    private static RawGuest connect() throws IOException {
        return RawGuest.connect(
                fixture.tls(HomeFixture.HOLDER), fixture.origin.port(), 1, String.format("%016x", ++mounts));
    }

    private static long lookup(RawGuest guest, long parent, String name) throws IOException {
        RawGuest.Reply reply = guest.call(Fuse.LOOKUP, parent, body(name));
        assertEquals(0, reply.errno(), name);
        return reply.payload().getLong(0);
    }

    private static long homeDirectory(RawGuest guest) throws IOException {
        return lookup(guest, lookup(guest, 1, "home"), "tomte");
    }

    private static int errno(RawGuest guest, int opcode, long node, Object... parts) throws IOException {
        return guest.call(opcode, node, body(parts)).errno();
    }

    @Test
    void lengthsThatCannotBeEndTheConnection() throws IOException {
        for (int length : new int[] {0, 39, -1, Fuse.MAX_REQUEST + 1, Integer.MAX_VALUE}) {
            try (RawGuest guest = connect()) {
                ByteBuffer frame = RawGuest.frame(Fuse.GETATTR, 2, 1, 1000, new byte[16]);
                guest.send(frame.putInt(0, length));
                assertTrue(guest.isDropped(), "length " + length);
            }
        }
    }

    @Test
    void namesAreOneComponent() throws IOException {
        try (RawGuest guest = connect()) {
            long home = homeDirectory(guest);
            for (String name : new String[] {"..", ".", "../../etc/passwd", "/etc/passwd", "d/../f"})
                assertEquals(Errno.EPERM, errno(guest, Fuse.LOOKUP, home, name), name);
            assertEquals(Errno.EINVAL, errno(guest, Fuse.LOOKUP, home, ""));
            assertEquals(Errno.EINVAL, errno(guest, Fuse.LOOKUP, home, "unended".getBytes(StandardCharsets.UTF_8)));
            assertEquals(Errno.ENAMETOOLONG, errno(guest, Fuse.LOOKUP, home, "x".repeat(256)));
            assertEquals(Errno.EPERM, errno(guest, Fuse.MKDIR, home, 0755, 0, ".."));
            assertEquals(Errno.EPERM, errno(guest, Fuse.RENAME, home, home, "f", "../f"));
            assertEquals(Errno.EINVAL, errno(guest, Fuse.RENAME, home, home, "f"));
        }
    }

    @Test
    void numbersAreTheSessionsOwn() throws IOException {
        try (RawGuest guest = connect()) {
            long home = homeDirectory(guest);
            long file = lookup(guest, home, "f");
            assertEquals(Errno.ESTALE, errno(guest, Fuse.GETATTR, 987_654_321L, 0, 0, 0L));
            assertEquals(Errno.ESTALE, errno(guest, Fuse.GETATTR, -1L, 0, 0, 0L));
            RawGuest.Reply open = guest.call(Fuse.OPEN, file, body(0, 0));
            assertEquals(0, open.errno());
            long handle = open.payload().getLong(0);
            assertEquals(0, errno(guest, Fuse.READ, file, handle, 0L, 10, 0, 0L, 0, 0));
            assertEquals(Errno.EBADF, errno(guest, Fuse.READ, home, handle, 0L, 10, 0, 0L, 0, 0));
            assertEquals(Errno.EBADF, errno(guest, Fuse.READ, file, handle + 1, 0L, 10, 0, 0L, 0, 0));
            assertEquals(Errno.EBADF, errno(guest, Fuse.READDIR, file, handle, 0L, 10, 0, 0L, 0, 0));
            for (int size : new int[] {-1, Fuse.MAX_READ + 1, Integer.MIN_VALUE})
                assertEquals(Errno.EINVAL, errno(guest, Fuse.READ, file, handle, 0L, size, 0, 0L, 0, 0));
            assertEquals(Errno.EINVAL, errno(guest, Fuse.WRITE, file, handle, 0L, 100, 0, 0L, 0, 0, new byte[10]));
            // the guest's kernel never releases what it uses; this one does, and forgets what it never knew
            assertEquals(0, errno(guest, Fuse.RELEASE, file, handle, 0, 0, 0L));
            assertEquals(Errno.EBADF, errno(guest, Fuse.RELEASE, file, handle, 0, 0, 0L));
            guest.send(RawGuest.frame(Fuse.FORGET, guest.nextUnique(), 1, 0, body(1000L)));
            guest.send(RawGuest.frame(Fuse.FORGET, guest.nextUnique(), file, 0, body(Long.MIN_VALUE)));
            guest.send(RawGuest.frame(Fuse.BATCH_FORGET, guest.nextUnique(), 0, 0, body(Integer.MAX_VALUE, 0)));
            assertEquals(0, errno(guest, Fuse.GETATTR, 1, 0, 0, 0L));
        }
    }

    @Test
    void onlyRegularFilesAndDirectoriesAreOpened() throws IOException {
        try (RawGuest guest = connect()) {
            long home = homeDirectory(guest);
            assertEquals(Errno.EACCES, errno(guest, Fuse.OPEN, lookup(guest, home, "p"), 0, 0));
            assertEquals(Errno.EACCES, errno(guest, Fuse.OPEN, lookup(guest, home, "l"), 0, 0));
            assertEquals(Errno.EPERM, errno(guest, Fuse.MKNOD, home, 0020666, 0x103, 0, 0, "null"));
            long dev = lookup(guest, 1, "dev");
            assertEquals(Errno.EACCES, errno(guest, Fuse.OPEN, lookup(guest, dev, "null"), 0, 0));
            // CREATE of a name that stands for a FIFO must not open it either
            assertEquals(Errno.EEXIST, errno(guest, Fuse.CREATE, home, 1, 0644, 0, 0, "p"));
        }
    }

    @Test
    void whatShowsTheOriginItselfIsNotServed() throws IOException {
        try (RawGuest guest = connect()) {
            long proc = lookup(guest, 1, "proc");
            assertEquals(Errno.EACCES, errno(guest, Fuse.LOOKUP, proc, "self"));
            assertEquals(Errno.EACCES, errno(guest, Fuse.OPENDIR, proc, 0, 0));
            assertEquals(
                    Errno.EACCES, errno(guest, Fuse.LOOKUP, lookup(guest, lookup(guest, 1, "dev"), "pts"), "ptmx"));
        }
    }

    /** A listing says of each file by which number it is reached. */
    @Test
    void whatShowsTheOriginItselfIsNotServedToWhoListsIt() throws IOException {
        try (RawGuest guest = connect()) {
            long proc = listed(guest, 1, "proc");
            assertEquals(Errno.EACCES, errno(guest, Fuse.LOOKUP, proc, "self"));
            assertEquals(Errno.EACCES, errno(guest, Fuse.OPENDIR, proc, 0, 0));
            long pts = listed(guest, lookup(guest, 1, "dev"), "pts");
            assertEquals(Errno.EACCES, errno(guest, Fuse.LOOKUP, pts, "ptmx"));
        }
    }

    private static long listed(RawGuest guest, long directory, String wanted) throws IOException {
        long handle = guest.call(Fuse.OPENDIR, directory, body(0, 0)).payload().getLong(0);
        ByteBuffer all = guest.call(Fuse.READDIRPLUS, directory, body(handle, 0L, 1 << 16, 0, 0L, 0, 0))
                .payload();
        // struct fuse_direntplus: what the file looks like, and then its name
        for (int at = 0; at < all.limit(); at += (ENTRY_OUT + DIRENT + all.getInt(at + ENTRY_OUT + 16) + 7) & ~7) {
            byte[] name = new byte[all.getInt(at + ENTRY_OUT + 16)];
            all.get(at + ENTRY_OUT + DIRENT, name);
            if (new String(name, StandardCharsets.UTF_8).equals(wanted)) return all.getLong(at);
        }
        throw new AssertionError(wanted + " is not listed");
    }

    @Test
    void nobodyBecomesAnotherUser() throws IOException {
        Pod.output(fixture.home.run("sh", "-ec", "cd /home/tomte; echo mine > mine; chmod 600 mine"));
        Path secret = fixture.home.path("/home/tomte/secret");
        Files.writeString(secret, "root's");
        Files.setPosixFilePermissions(secret, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        try (RawGuest guest = connect()) {
            long home = homeDirectory(guest);
            long file = lookup(guest, home, "secret");
            assertEquals(
                    Errno.EACCES, guest.call(Fuse.OPEN, file, 1000, body(0, 0)).errno());
            assertEquals(
                    Errno.EACCES, guest.call(Fuse.OPEN, file, 1001, body(0, 0)).errno());
            // root is squashed unless a restore is under way
            assertEquals(
                    Errno.EACCES, guest.call(Fuse.OPEN, file, 0, body(0, 0)).errno());
            assertEquals(
                    0,
                    guest.call(Fuse.OPEN, lookup(guest, home, "mine"), 0, body(0, 0))
                            .errno());
            // only for who may write to a file does its kernel take its capabilities away
            assertEquals(Errno.EPERM, errno(guest, Fuse.REMOVEXATTR, file, "security.capability"));
            assertEquals(
                    Errno.EACCES,
                    guest.call(Fuse.GETATTR, file, 1001, body(0, 0, 0L)).errno());
            assertEquals(
                    Errno.EPERM,
                    guest.call(
                                    Fuse.SETATTR,
                                    lookup(guest, home, "secret"),
                                    0,
                                    body(1, 0, new byte[60], 04777, new byte[16]))
                            .errno());
        }
    }

    @Test
    void nonsenseHurtsNobodyElse() throws IOException {
        Random random = new Random(SEED);
        System.out.println("seed " + SEED);
        try (RawGuest good = connect()) {
            long file = lookup(good, homeDirectory(good), "f");
            fixture.nextEpoch = 2;
            RawGuest bad = RawGuest.connect(fixture.tls("ws3"), fixture.origin.port(), 2, "00000000000000bb");
            for (int i = 0; i < 2000; i++) {
                byte[] body = new byte[random.nextInt(120)];
                if (random.nextBoolean()) random.nextBytes(body);
                int opcode = random.nextInt(60);
                boolean silent = opcode == Fuse.FORGET || opcode == Fuse.BATCH_FORGET || opcode == Fuse.INTERRUPT;
                long number = bad.nextUnique();
                ByteBuffer frame = RawGuest.frame(opcode, number, random.nextInt(4), 1000, body);
                if (random.nextInt(4) == 0) frame.putShort(36, (short) random.nextInt(0x10000));
                bad.send(frame);
                if (!silent) bad.receive(number);
            }
            bad.close();
            assertEquals(0, good.call(Fuse.OPEN, file, body(0, 0)).errno());
        }
    }

    @Test
    void onlyHostsMayConnect() throws Exception {
        fixture.issue("admin", Peer.Role.MIG);
        assertThrows(IOException.class, () -> hello(fixture.tls("admin")));
        Identity other = Authority.open(directory.resolve("others"))
                .issue(directory.resolve("others"), HomeFixture.HOLDER, Peer.Role.HOST);
        assertThrows(IOException.class, () -> hello(other.directory()));
        // a host that the register does not name
        assertEquals(
                "STALE",
                assertThrows(IOException.class, () -> hello(fixture.tls("ws3"))).getMessage());
    }

    private static void hello(Path tls) throws IOException {
        RawGuest.connect(tls, fixture.origin.port(), 1, "00000000000000ff").close();
    }

    @Test
    void aHelloIsCheckedToo() throws IOException {
        for (byte[] bytes : new byte[][] {{0, 0, 0, 0}, {127, 0, 0, 0}, {0, 0, 0, 4, 0, 9, 0, 0}}) {
            try (TlsChannel channel = RawGuest.channel(fixture.tls(HomeFixture.HOLDER), fixture.origin.port())) {
                channel.write(ByteBuffer.wrap(bytes));
                assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
            }
        }
        assertThrows(
                IllegalArgumentException.class, () -> new Hello("../x", "i", 1, "0000000000000000", Hello.Kind.DATA));
    }
}
