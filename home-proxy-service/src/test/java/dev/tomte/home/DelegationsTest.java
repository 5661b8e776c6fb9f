package dev.tomte.home;

import static dev.tomte.home.RawGuest.body;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.frames.Delegated;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.home.mount.GuestMount;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a guest opens again and again it opens without its home, which notices nothing when it writes to it. */
@Timeout(120)
class DelegationsTest {
    private static final String NAME = "/home/tomte/f";

    @TempDir
    Path directory;

    HomeFixture fixture;
    GuestMount mount;
    Process resident;

    @BeforeEach
    void start() throws Exception {
        fixture = new HomeFixture(directory);
        mount = fixture.mount();
        resident = fixture.resident(mount);
    }

    @AfterEach
    void stop() throws Exception {
        resident.getOutputStream().close();
        resident.waitFor();
        mount.close();
        fixture.close();
    }

    private Path away(String name) {
        return Path.of("/proc/" + resident.pid() + "/root" + name);
    }

    private Path home(String name) {
        return fixture.home.path(name);
    }

    private Fd open(String name, int flags) throws Errno {
        return OpenAt.open(away(name).toString(), flags);
    }

    private static double opensAtHome() {
        Double opens = CollectorRegistry.defaultRegistry.getSampleValue(
                "tomte_home_calls_total", new String[] {"operation", "result"}, new String[] {"open", "ok"});
        return opens == null ? 0 : opens;
    }

    /** Opens it until that is no more home's business. */
    private void delegate(String name) {
        await("home delegates " + name).pollInterval(Duration.ofMillis(5)).until(() -> {
            double before = opensAtHome();
            open(name, OpenAt.O_RDONLY).close();
            return opensAtHome() == before;
        });
    }

    private void make(String name, String text) throws IOException {
        Files.writeString(home(name), text);
        Files.setAttribute(home(name), "unix:uid", fixture.uid);
    }

    @Test
    void whatIsOpenedAgainIsOpenedWithoutHome() throws Exception {
        make(NAME, "one");
        assertEquals("one", Files.readString(away(NAME)));
        delegate(NAME);
        double before = opensAtHome();
        for (int i = 0; i < 100; i++) assertEquals("one", Files.readString(away(NAME)));
        assertEquals(before, opensAtHome());
    }

    @Test
    void whoOpensAfterAWriteAtHomeSeesIt() throws Exception {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 100; i++) names.add(NAME + i);
        for (String name : names) make(name, "before");
        for (String name : names) delegate(name);
        double before = opensAtHome();
        for (String name : names) assertEquals("before", Files.readString(away(name)));
        assertEquals(before, opensAtHome(), "one of them is not delegated");
        for (int i = 0; i < names.size(); i++) {
            Path file = home(names.get(i));
            switch (i % 3) {
                case 0 -> Files.writeString(file, "after");
                case 1 -> Files.writeString(file, "after", StandardOpenOption.APPEND);
                default -> assertEquals(0, truncate(file, 3));
            }
            assertEquals(List.of("after", "beforeafter", "bef").get(i % 3), Files.readString(away(names.get(i))));
        }
    }

    private static long truncate(Path file, long size) {
        try (Arena arena = Arena.ofConfined()) {
            return FileCalls.truncate(arena.allocateFrom(file.toString()).address(), size);
        }
    }

    @Test
    void whoComesToWriteWhileAFileIsBeingDelegatedIsHeard() throws Exception {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 200; i++) names.add(NAME + i);
        for (String name : names) make(name, "before");
        try (ExecutorService writer = Executors.newSingleThreadExecutor()) {
            for (String name : names) {
                assertEquals("before", Files.readString(away(name)));
                Future<?> written = writer.submit(() -> Files.writeString(home(name), "after"));
                for (int i = 0; i < 3; i++) open(name, OpenAt.O_RDONLY).close();
                // the kernel would end a lease that nobody gives back after 45 s
                written.get(20, TimeUnit.SECONDS);
                assertEquals("after", Files.readString(away(name)));
            }
        }
    }

    @Test
    void theGuestWritesToItToo() throws Exception {
        make(NAME, "one");
        delegate(NAME);
        try (Fd reading = open(NAME, OpenAt.O_RDONLY)) {
            Files.writeString(away(NAME), "two and more");
            assertEquals("two and more", Files.readString(home(NAME)));
            assertEquals("two and more", read(reading));
        }
        assertEquals("two and more", Files.readString(away(NAME)));
    }

    @Test
    void whatWasOpenedStaysOpen() throws Exception {
        make(NAME, "one");
        delegate(NAME);
        List<Fd> open = new ArrayList<>();
        for (int i = 0; i < 3; i++) open.add(open(NAME, OpenAt.O_RDONLY));
        Files.delete(home(NAME));
        for (Fd file : open) assertEquals("one", read(file));
        int port = fixture.origin.port();
        fixture.origin.close();
        fixture.origin = fixture.startOrigin(port);
        await("the mount is connected again").until(mount::connected);
        closeAll(List.of(open.removeLast()));
        for (Fd file : open) assertEquals("one", read(file));
        closeAll(open);
        make(NAME, "two");
        await("the new file").until(() -> Files.readString(away(NAME)).equals("two"));
    }

    private static String read(Fd file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(100);
            FileCalls.pread(file.value(), bytes.address(), bytes.byteSize() - 1, 0);
            return bytes.getString(0);
        }
    }

    @Test
    void locksAreEachOpenFilesOwn() throws Exception {
        make(NAME, "one");
        delegate(NAME);
        Fd first = open(NAME, OpenAt.O_RDONLY);
        Fd second = open(NAME, OpenAt.O_RDONLY);
        try (Fd athome = OpenAt.open(home(NAME).toString(), OpenAt.O_RDONLY)) {
            assertEquals(0, lock(first));
            assertEquals(-Errno.EAGAIN, lock(second));
            assertEquals(-Errno.EAGAIN, lock(athome));
            closeAll(List.of(first));
            await("the lock is let go").until(() -> lock(second) == 0);
            assertEquals(-Errno.EAGAIN, lock(athome));
            closeAll(List.of(second));
            await("the lock is let go").until(() -> lock(athome) == 0);
        } finally {
            closeAll(List.of(first, second));
        }
    }

    private static void closeAll(List<Fd> files) {
        files.forEach(Fd::close);
    }

    private static long lock(Fd file) {
        return FileCalls.flock(file.value(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
    }

    @Test
    void aNewModeRecallsIt() throws Exception {
        make(NAME, "one");
        delegate(NAME);
        Pod.output(fixture.home.runAsRoot("chmod", "600", NAME));
        await("home is asked again").pollInterval(Duration.ofMillis(5)).until(() -> {
            double before = opensAtHome();
            open(NAME, OpenAt.O_RDONLY).close();
            return opensAtHome() > before;
        });
    }

    @Test
    void whoWritesAtHomeDoesNotWaitForADeadGuestForEver() throws Exception {
        make(NAME, "one");
        make(NAME + "other", "one");
        String name = String.format("%016x", 7);
        Path tls = fixture.tls(HomeFixture.HOLDER);
        try (RawGuest guest = RawGuest.connect(tls, fixture.origin.port(), 1, name);
                TlsChannel control = RawGuest.control(tls, fixture.origin.port(), 1, name)) {
            assertEquals(0, guest.call(Fuse.OPENS_DELEGATED, 0, body()).errno());
            long file = find(guest, "f");
            long other = find(guest, "fother");
            await("the file is delegated").until(() -> isDelegated(guest, file));
            Files.writeString(home(NAME), "two");
            ByteBuffer recall = ByteBuffer.allocate(Fuse.OUT_HEADER + 8).order(ByteOrder.LITTLE_ENDIAN);
            control.readFully(recall);
            assertEquals(Fuse.RECALL, recall.getInt(4));
            assertTrue(Delegated.is(recall.getLong(Fuse.OUT_HEADER)));
            for (int i = 0; i < 5; i++) assertFalse(isDelegated(guest, other), "it let somebody wait, and would again");
        }
    }

    private static long find(RawGuest guest, String name) throws IOException {
        long node = 1;
        for (String part : List.of("home", "tomte", name))
            node = guest.call(Fuse.LOOKUP, node, body(part)).payload().getLong(0);
        return node;
    }

    /** Opens a file, and hears what comes after the answer. */
    private static boolean isDelegated(RawGuest guest, long node) throws IOException {
        assertEquals(0, guest.call(Fuse.OPEN, node, body(OpenAt.O_RDONLY, 0)).errno());
        guest.call(Fuse.GETATTR, node, new byte[16]);
        return guest.hasHeard(Fuse.DELEGATED);
    }
}
