package dev.tomte.home;

import static dev.tomte.home.RawGuest.body;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.frames.Delegated;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.LockCall;
import dev.tomte.home.frames.TlsChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Frames that are almost right reach the real decoder: each is answered or ends its connection, none gets out of the
 * pod, and nothing is left of them. {@code -Dtomte.fuzz.minutes=60} goes on for an hour, for which the
 * build must be told to wait: {@code -Dtests.seconds=5400}.
 */
@Timeout(5400)
class FuzzTest {
    private static final int FRAMES = 6000;
    private static final int TOGETHER = 40;
    private static final long SEED = Long.getLong("tomte.seed", 20261129L);
    private static final long MINUTES = Long.getLong("tomte.fuzz.minutes", 0L);
    /** What a JVM that serves one guest may have open beyond what it had before: caches of classes and sockets. */
    private static final int SPARE_DESCRIPTORS = 64;

    private static final Duration SESSIONS_GO = Duration.ofSeconds(20);

    @TempDir
    static Path directory;

    static HomeFixture fixture;
    static int mounts;
    /** What the origin says of errors of its own. */
    static final Queue<String> complaints = new ConcurrentLinkedQueue<>();

    private static final Logger ORIGIN = Logger.getLogger("dev.tomte.home.origin");
    private static final Handler LISTENER = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            if (entry.getThrown() instanceof RuntimeException)
                complaints.add(entry.getThrown().toString());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    /** One frame but for its number. */
    private record Frame(int opcode, long node, ByteBuffer body) {
        Frame(int opcode, long node, byte[] body) {
            this(opcode, node, ByteBuffer.wrap(body));
        }
    }

    @BeforeAll
    static void start() throws Exception {
        fixture = new HomeFixture(directory);
        ORIGIN.addHandler(LISTENER);
    }

    @AfterAll
    static void stop() throws Exception {
        ORIGIN.removeHandler(LISTENER);
        fixture.close();
    }

    /** A guest with a directory, a file in it, and the file opened. */
    private record Subject(RawGuest guest, TlsChannel control, long directory, long file, long handle) {
        /** Each has a directory of its own, in a home that an earlier one's frames may have shut or filled. */
        static Subject connect() throws IOException {
            String name = "fuzz" + (mounts + 1);
            Pod.output(fixture.home.runAsRoot(
                    "sh", "-ec", "cd /home/tomte; chmod 755 .; find . -mindepth 1 -delete; mkdir -m 777 " + name));
            String mount = String.format("%016x", ++mounts);
            RawGuest guest = RawGuest.connect(fixture.tls(HomeFixture.HOLDER), fixture.origin.port(), 1, mount);
            TlsChannel control = RawGuest.control(fixture.tls(HomeFixture.HOLDER), fixture.origin.port(), 1, mount);
            guest.call(Fuse.OPENS_DELEGATED, 0, body());
            long home = node(guest, node(guest, 1, "home"), "tomte");
            long directory = node(guest, home, name);
            ByteBuffer made = answered(guest.call(Fuse.CREATE, directory, body(2 | 0100, 0644, 0, 0, "f")));
            return new Subject(guest, control, directory, made.getLong(0), made.getLong(128));
        }

        private static long node(RawGuest guest, long parent, String name) throws IOException {
            return answered(guest.call(Fuse.LOOKUP, parent, body(name))).getLong(0);
        }

        private static ByteBuffer answered(RawGuest.Reply reply) throws IOException {
            if (reply.errno() != 0) throw new IOException("refused: " + reply.errno());
            return reply.payload();
        }

        void close() {
            guest.close();
            control.close();
        }

        /** Whether the connection is still there once all that was sent has been looked at. */
        boolean lives() {
            try {
                long number = guest.nextUnique();
                guest.send(RawGuest.frame(Fuse.GETATTR, number, 1, 1000, new byte[16]));
                guest.receive(number);
                return true;
            } catch (IOException e) {
                return false;
            }
        }
    }

    private static List<Frame> valid(Subject s) {
        return List.of(
                new Frame(Fuse.LOOKUP, s.directory(), body("f")),
                new Frame(Fuse.GETATTR, s.file(), body(1, 0, s.handle())),
                new Frame(Fuse.SETATTR, s.file(), body(8, 0, s.handle(), 100L, new byte[64])),
                new Frame(Fuse.SYMLINK, s.directory(), body("l", "f")),
                new Frame(Fuse.MKNOD, s.directory(), body(0010644, 0, 0, 0, "p")),
                new Frame(Fuse.MKDIR, s.directory(), body(0755, 0, "d")),
                new Frame(Fuse.UNLINK, s.directory(), body("g")),
                new Frame(Fuse.RMDIR, s.directory(), body("d")),
                new Frame(Fuse.RENAME2, s.directory(), body(s.directory(), 0, 0, "g", "h")),
                new Frame(Fuse.LINK, s.directory(), body(s.file(), "g")),
                new Frame(Fuse.OPEN, s.file(), body(2, 0)),
                new Frame(Fuse.OPEN, s.file(), body(0, 0)),
                new Frame(Fuse.READ, s.file(), body(delegatedOpen(s), 0L, 4096, 0, 0L, 0, 0)),
                new Frame(Fuse.SETLK, s.file(), body(delegatedOpen(s), 7L, 0L, 9L, 0, 0, 0, 0)),
                new Frame(Fuse.RELEASE, s.file(), body(delegatedOpen(s), 0, 0, 0L)),
                new Frame(Fuse.READ, s.file(), body(s.handle(), 0L, 4096, 0, 0L, 0, 0)),
                new Frame(Fuse.WRITE, s.file(), body(s.handle(), 5L, 4, 0, 0L, 0, 0, new byte[4])),
                new Frame(Fuse.STATFS, s.file(), body()),
                new Frame(Fuse.FSYNC, s.file(), body(s.handle(), 0, 0)),
                new Frame(Fuse.SETXATTR, s.file(), body(1, 0, "user.a", new byte[1])),
                new Frame(Fuse.GETXATTR, s.file(), body(100, 0, "user.a")),
                new Frame(Fuse.LISTXATTR, s.file(), body(100, 0)),
                new Frame(Fuse.REMOVEXATTR, s.file(), body("user.a")),
                new Frame(Fuse.FLUSH, s.file(), body(s.handle(), 0, 0, 7L)),
                new Frame(Fuse.OPENDIR, s.directory(), body(0, 0)),
                new Frame(Fuse.READDIRPLUS, s.directory(), body(s.handle() + 1, 0L, 4096, 0, 0L, 0, 0)),
                new Frame(Fuse.GETLK, s.file(), body(s.handle(), 7L, 0L, 9L, 1, 0, 0, 0)),
                new Frame(Fuse.SETLK, s.file(), body(s.handle(), 7L, 0L, 9L, 1, 0, 0, 0)),
                new Frame(Fuse.ACCESS, s.file(), body(4, 0)),
                new Frame(Fuse.CREATE, s.directory(), body(2 | 0100, 0644, 0, 0, "c")),
                new Frame(Fuse.IOCTL, s.file(), body(s.handle(), 0, 0x80086601, 0L, 0, 4)),
                new Frame(Fuse.IOCTL, s.file(), body(s.handle(), 0, LockCall.LOOK, 0L, 0, 16)),
                new Frame(Fuse.IOCTL, s.file(), body(s.handle(), 0, LockCall.PROCESSES, 0L, 0, 2048)),
                new Frame(Fuse.IOCTL, s.file(), body(s.handle(), 0, LockCall.HOLD_PROCESS, 0L, 12, 0, 28, 3, 9)),
                new Frame(Fuse.IOCTL, s.file(), body(s.handle(), 0, LockCall.ADOPT_PROCESS, 0L, 12, 0, 28, 3, 9)),
                new Frame(Fuse.FALLOCATE, s.file(), body(s.handle(), 0L, 4096L, 1, 0)),
                new Frame(Fuse.LSEEK, s.file(), body(s.handle(), 0L, 3, 0)),
                new Frame(Fuse.COPY_FILE_RANGE, s.file(), body(s.handle(), 0L, s.file(), s.handle(), 0L, 10L, 0L)),
                new Frame(Fuse.TMPFILE, s.directory(), body(2 | 020200000, 0600, 0, 0, "t")),
                new Frame(Fuse.STATX, s.file(), body(1, 0, s.handle(), 0, 0xfff)),
                new Frame(Fuse.RELEASE, s.file(), body(s.handle() + 2, 0, 0, 0L)),
                new Frame(Fuse.FORGET, s.file(), body(1L)),
                new Frame(Fuse.BATCH_FORGET, 0, body(1, 0, s.file(), 1L)),
                new Frame(Fuse.ACKNOWLEDGE, 0, body(4L, 6L)),
                new Frame(Fuse.FENCE, 0, body()));
    }

    /** One of the numbers that an open by the first delegations would have. */
    private static long delegatedOpen(Subject subject) {
        return Delegated.open(Delegated.number(subject.handle() + 1 + mounts % 5), 1 + mounts % 3);
    }

    /** What a guest says beside its signs of life. */
    private static ByteBuffer word(Random random, Subject subject) {
        int code = List.of(Fuse.PING, Fuse.RECALLED, Fuse.RETURNED).get(random.nextInt(3));
        long number = random.nextInt(5) == 0
                ? interesting(random)
                : Delegated.number(subject.handle() + random.nextInt(TOGETHER));
        ByteBuffer out = RawGuest.frame(code, random.nextLong(), 0, 0, code == Fuse.PING ? new byte[0] : body(number));
        if (random.nextInt(100) == 0) out.putInt(4 * random.nextInt(2), random.nextInt());
        return out;
    }

    private static ByteBuffer mutated(Frame frame, Subject subject, Random random) {
        byte[] bytes = frame.body().array().clone();
        long node = frame.node();
        for (int i = random.nextInt(4); i > 0; i--) {
            switch (random.nextInt(6)) {
                case 0 -> {
                    if (bytes.length > 0) bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
                case 1 -> bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 20));
                case 2 -> {
                    if (bytes.length >= 8) put(bytes, 8 * random.nextInt(bytes.length / 8), interesting(random));
                }
                case 3 -> {
                    if (bytes.length > 0) bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                case 4 -> node = random.nextInt(8);
                default -> node = random.nextBoolean() ? interesting(random) : subject.file();
            }
        }
        int uid = random.nextInt(20) == 0 ? random.nextInt(2000) : 1000;
        long number = subject.guest().nextUnique() | (random.nextInt(30) == 0 ? Fuse.RESENT : 0);
        ByteBuffer out = RawGuest.frame(frame.opcode(), number, node, uid, bytes);
        if (random.nextInt(50) == 0) out.putShort(36, (short) random.nextInt(0x10000));
        if (random.nextInt(200) == 0) out.putInt(4, random.nextInt(80));
        if (random.nextInt(800) == 0) out.putInt(0, wrongLength(random, out.remaining()));
        return out;
    }

    /** Any that is wrong at once: with one that promises more than there is home waits for the rest. */
    private static int wrongLength(Random random, int right) {
        int length = random.nextInt();
        return length > right && length <= Fuse.MAX_REQUEST ? -length : length;
    }

    private static long interesting(Random random) {
        long[] numbers = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, 0xffffffffL, 4096, 1 << 20, 1L << 62};
        return numbers[random.nextInt(numbers.length)];
    }

    private static void put(byte[] bytes, int at, long value) {
        ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    }

    private static List<String> outside() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    private static int descriptors() {
        String[] all = new java.io.File("/proc/self/fd").list();
        return all == null ? 0 : all.length;
    }

    /** What they lead to, and how many of each. */
    private static Map<String, Integer> kinds() {
        Map<String, Integer> kinds = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path one : all) target(one).ifPresent(kind -> kinds.merge(kind, 1, Integer::sum));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return kinds;
    }

    /** Empty: some thread of the origin's has closed it meanwhile. */
    private static Optional<String> target(Path descriptor) throws IOException {
        try {
            return Optional.of(Files.readSymbolicLink(descriptor).toString().replaceAll("\\d+", "N"));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Test
    void almostRightFramesHurtNobody() throws Exception {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        List<String> before = outside();
        Subject warm = Subject.connect();
        warm.close();
        int descriptors = descriptors();
        long end = System.nanoTime() + MINUTES * 60_000_000_000L;
        Subject subject = Subject.connect();
        for (int sent = 0; sent < FRAMES || System.nanoTime() < end; sent += TOGETHER) {
            List<Frame> frames = valid(subject);
            try {
                subject.control().write(word(random, subject));
            } catch (IOException e) {
                // it was one that ends the connection
            }
            try {
                for (int i = 0; i < TOGETHER; i++)
                    subject.guest().send(mutated(frames.get(random.nextInt(frames.size())), subject, random));
            } catch (IOException e) {
                // it was a frame that ends the connection
            }
            if (!subject.lives()) {
                subject.close();
                subject = Subject.connect();
            }
            assertEquals(List.of(), List.copyOf(complaints), "frames " + sent + " and on");
        }
        subject.close();
        fixture.origin.ended(HomeFixture.PROCESS, HomeFixture.INCARNATION);
        assertEquals(before, outside());
        assertEquals(List.of(), fixture.homeKeeper.keys("home/"));
        assertTrue(
                descriptors() < descriptors + SPARE_DESCRIPTORS,
                () -> descriptors + " grew to " + descriptors() + ": " + kinds());
        // a connection's thread may not have seen yet that its guest has gone
        long latest = System.nanoTime() + SESSIONS_GO.toNanos();
        while (sessions() > 0 && System.nanoTime() < latest) Thread.onSpinWait();
        assertEquals(0, sessions(), "sessions that have ended are still in memory");
    }

    /** How many there are in this JVM after a collection. */
    private static long sessions() throws Exception {
        String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {null},
                        new String[] {String[].class.getName()});
        return histogram
                .lines()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(fields -> fields.length > 3 && fields[3].equals("dev.tomte.home.origin.Session"))
                .mapToLong(fields -> Long.parseLong(fields[1]))
                .sum();
    }

    /** No kernel forgets a file that is open, but who says that it is a kernel. */
    @Test
    void whatIsForgottenWhileItIsLockedIsClosedWithItsSession() throws IOException {
        Subject subject = Subject.connect();
        byte[] lock = body(subject.handle(), 7L, 0L, 9L, 1, 0, 0, 0);
        assertEquals(0, subject.guest().call(Fuse.SETLK, subject.file(), lock).errno());
        long number = subject.guest().nextUnique();
        subject.guest().send(RawGuest.frame(Fuse.FORGET, number, subject.file(), 1000, body(1L)));
        assertTrue(subject.lives());
        String open = fixture.home.path("/home/tomte").getFileName() + "/fuzzN/f";
        assertTrue(kinds().keySet().stream().anyMatch(kind -> kind.endsWith(open)), () -> "" + kinds());
        subject.close();
        fixture.origin.ended(HomeFixture.PROCESS, HomeFixture.INCARNATION);
        assertTrue(kinds().keySet().stream().noneMatch(kind -> kind.endsWith(open)), () -> "" + kinds());
    }

    @Test
    void theCorpusIsAnswered() throws IOException {
        for (Line line : corpus()) {
            Subject subject = Subject.connect();
            long number = subject.guest().nextUnique();
            subject.guest().send(line.frame(subject, number));
            assertTrue(subject.lives(), line.text());
            assertEquals(List.of(), List.copyOf(complaints), line.text());
            subject.close();
        }
    }

    private record Line(String text) {
        ByteBuffer frame(Subject subject, long number) {
            String[] words = text.split(" ", 3);
            String hex = words[2].replace("H", hex(subject.handle()))
                    .replace("N", hex(subject.directory()))
                    .replace("F", hex(subject.file()))
                    .replace(" ", "");
            long node = switch (words[1]) {
                case "N" -> subject.directory();
                case "F" -> subject.file();
                default -> Long.parseLong(words[1]);
            };
            return RawGuest.frame(
                    Integer.parseInt(words[0]),
                    number,
                    node,
                    1000,
                    HexFormat.of().parseHex(hex));
        }

        private static String hex(long number) {
            return HexFormat.of().toHexDigits(Long.reverseBytes(number));
        }
    }

    private static List<Line> corpus() throws IOException {
        List<Line> lines = new ArrayList<>();
        try (InputStream in = FuzzTest.class.getResourceAsStream("fuzz-corpus.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) if (!line.startsWith("#")) lines.add(new Line(line));
        }
        return lines;
    }
}
