package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.home.mount.GuestMount;
import dev.tomte.linux.Fd;
import dev.tomte.linux.ThreadIdentity;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Any sequence of calls answers away what it answers at home. */
@Timeout(120)
class RandomCallsTest {
    private static final int CALLS = 3000;

    @TempDir
    Path directory;

    /** In a thread of its own, which is the process's user. */
    private static List<String> run(Fd where, long seed) throws Exception {
        CompletableFuture<List<String>> answers = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try (RandomCalls calls = new RandomCalls(where, seed)) {
                ThreadIdentity.ofThisThread().user(1000, 1000, List.of());
                answers.complete(calls.run(CALLS));
            } catch (Exception | Error e) {
                answers.completeExceptionally(e);
            }
        });
        return answers.get();
    }

    @Test
    void awayIsAsAtHome() throws Exception {
        long seed = Long.getLong("tomte.seed", 20261129L);
        System.out.println("seed " + seed);
        try (HomeFixture fixture = new HomeFixture(directory);
                GuestMount mount = fixture.mount()) {
            Pod.output(fixture.home.run("sh", "-ec", "cd /home/tomte; mkdir native away"));
            Process resident = fixture.resident(mount);
            List<String> expected;
            try (Fd nativeDirectory = fixture.home.open("/home/tomte/native")) {
                // as root before, so that every class is there when a user's thread needs it
                try (Fd warm = fixture.home.open("/tmp");
                        RandomCalls calls = new RandomCalls(warm, 1)) {
                    calls.run(CALLS);
                }
                expected = run(nativeDirectory, seed);
            }
            List<String> found;
            try (Fd away = HomeFixture.directory(resident, "/home/tomte/away")) {
                found = run(away, seed);
            }
            for (int i = 0; i < CALLS; i++) assertEquals(expected.get(i), found.get(i));
            String sums = "find . -type f | sort | xargs -r sha1sum; find . -printf '%p %y %m %n %l\\n' | sort";
            assertEquals(
                    Pod.output(fixture.home.run("sh", "-ec", "cd /home/tomte/native; " + sums)),
                    Pod.output(fixture.home.run("sh", "-ec", "cd /home/tomte/away; " + sums)));
            resident.getOutputStream().close();
            resident.waitFor();
        }
    }
}
