package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.home.mount.GuestMount;
import dev.tomte.linux.Fd;
import dev.tomte.linux.ThreadIdentity;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one side changes the other sees, whatever it has looked at before. */
@Timeout(1200)
class CoherenceTest {
    private static final int TRIALS = Boolean.getBoolean("tomte.long") ? 10_000 : 500;
    private static final int AT_ONCE = 5;
    /** After so long home's changes should be seen; a machine that is busy may take longer, but not as long as caches. */
    private static final long SEEN_MILLIS = 50;

    private static final long SEEN_AT_LAST_NANOS = 20_000_000_000L;

    @TempDir
    Path directory;

    HomeFixture fixture;
    GuestMount mount;
    ExecutorService homeThread = Executors.newSingleThreadExecutor();
    ExecutorService awayThread = Executors.newSingleThreadExecutor();
    private int late;

    @BeforeEach
    void start() throws Exception {
        fixture = new HomeFixture(directory);
        mount = fixture.mount();
    }

    @AfterEach
    void stop() throws Exception {
        homeThread.close();
        awayThread.close();
        mount.close();
        fixture.close();
    }

    private static <T> Future<T> as(ExecutorService thread, Callable<T> work) {
        return thread.submit(work);
    }

    /** The two sides of a directory, each in a thread of its own that is the process's user. */
    private void bothSides(String path, long seed) throws Exception {
        System.out.println("seed " + seed + ", " + path);
        Pod.output(fixture.home.run("mkdir", "-p", path));
        Process resident = fixture.resident(mount);
        try (Fd homeDirectory = fixture.home.open(path);
                Fd awayDirectory = HomeFixture.directory(resident, path)) {
            for (ExecutorService thread : List.of(homeThread, awayThread)) {
                as(thread, () -> {
                            // every class is loaded before the thread may not read the class path any more
                            try (Side warm = new Side(homeDirectory)) {
                                warm.change(new Random(1));
                                warm.see();
                            }
                            ThreadIdentity.ofThisThread().user(1000, 1000, List.of());
                            return null;
                        })
                        .get();
            }
            try (Side home = new Side(homeDirectory);
                    Side away = new Side(awayDirectory)) {
                as(homeThread, () -> home.make()).get();
                trials(home, away, new Random(seed));
            }
        }
        resident.getOutputStream().close();
        resident.waitFor();
        System.out.println(late + " of " + TRIALS + " changes were not seen within " + SEEN_MILLIS + " ms");
    }

    private void trials(Side home, Side away, Random random) throws Exception {
        for (int trial = 0; trial < TRIALS; trial += AT_ONCE) {
            long seed = random.nextLong();
            int who = random.nextInt(5);
            Future<List<String>> athome =
                    as(homeThread, () -> who == 0 ? List.of() : home.change(new Random(seed), AT_ONCE));
            if (who != 4) athome.get();
            Future<List<String>> elsewhere =
                    as(awayThread, () -> who == 0 || who == 4 ? away.change(new Random(seed + 1), AT_ONCE) : List.of());
            String changes = "trial " + trial + ", home " + athome.get() + ", away " + elsewhere.get();
            if (who != 0) Thread.sleep(SEEN_MILLIS);
            String truth = as(homeThread, home::see).get();
            String seen = as(awayThread, away::see).get();
            if (who == 0) assertEquals(truth, seen, changes);
            if (truth.equals(seen)) continue;
            late++;
            for (long end = System.nanoTime() + SEEN_AT_LAST_NANOS;
                    !truth.equals(seen) && System.nanoTime() < end;
                    seen = as(awayThread, away::see).get()) Thread.sleep(5);
            assertEquals(truth, seen, changes);
        }
    }

    @Test
    void onTheRoot() throws Exception {
        bothSides("/home/tomte/both", Long.getLong("tomte.seed", 20261129L));
    }

    @Test
    void onAVolume() throws Exception {
        bothSides("/tmp/both", Long.getLong("tomte.seed", 20261129L) + 1);
    }
}
