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
@Timeout(1200)
class RandomCallsTest {
    private static final int CALLS = Boolean.getBoolean("tomte.long") ? 100_000 : 3000;
    private static final long SEED = Long.getLong("tomte.seed", 20261129L);

    /** Files and directories of others, of which some may be touched as a member of a group, or as root. */
    private static final String OTHERS = """
            cd /home/tomte
            for d in native away; do
                mkdir $d $d/x
                cd $d
                echo group > g; chown 0:2000 g; chmod 660 g
                echo root > r; chown 0:0 r; chmod 600 r
                echo others > o; chown 3000:3000 o; chmod 604 o
                echo inside > x/a; chown -R 3000:2000 x; chmod 770 x
                cd ..
                chown $1:$1 $d
            done
            """;

    @TempDir
    Path directory;

    @Test
    void asAUserInGroups() throws Exception {
        compare(1000, List.of(2000, 4000), SEED);
    }

    /** As the processes of pods are root at most: without a capability. */
    @Test
    void asRootWithoutCapabilities() throws Exception {
        compare(0, List.of(), SEED + 1);
    }

    /** In a thread of its own, which is the process's user. */
    private static List<String> run(Fd where, int user, List<Integer> groups, long seed) throws Exception {
        CompletableFuture<List<String>> answers = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try (RandomCalls calls = new RandomCalls(where, seed)) {
                ThreadIdentity.ofThisThread().user(user, user, groups);
                answers.complete(calls.run(CALLS));
            } catch (Exception | Error e) {
                answers.completeExceptionally(e);
            }
        });
        return answers.get();
    }

    private void compare(int user, List<Integer> groups, long seed) throws Exception {
        System.out.println("seed " + seed);
        try (HomeFixture fixture = new HomeFixture(directory)) {
            fixture.uid = user;
            fixture.groups = groups;
            Pod.output(fixture.home.runAsRoot("sh", "-ec", OTHERS, "sh", Integer.toString(user)));
            try (GuestMount mount = fixture.mount()) {
                Process resident = fixture.resident(mount);
                List<String> expected;
                try (Fd nativeDirectory = fixture.home.open("/home/tomte/native")) {
                    // as root before, so that every class is there when a user's thread needs it
                    try (Fd warm = fixture.home.open("/tmp");
                            RandomCalls calls = new RandomCalls(warm, 1)) {
                        calls.run(3000);
                    }
                    expected = run(nativeDirectory, user, groups, seed);
                }
                List<String> found;
                try (Fd away = HomeFixture.directory(resident, "/home/tomte/away")) {
                    found = run(away, user, groups, seed);
                }
                for (int i = 0; i < CALLS; i++) assertEquals(expected.get(i), found.get(i));
                String sums =
                        "find . -type f | sort | xargs -r sha1sum; find . -printf '%p %y %m %n %u %g %l\\n' | sort";
                assertEquals(
                        Pod.output(fixture.home.runAsRoot("sh", "-ec", "cd /home/tomte/native; " + sums)),
                        Pod.output(fixture.home.runAsRoot("sh", "-ec", "cd /home/tomte/away; " + sums)));
                resident.getOutputStream().close();
                resident.waitFor();
            }
        }
    }
}
