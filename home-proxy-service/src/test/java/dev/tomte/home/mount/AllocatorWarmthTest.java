package dev.tomte.home.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.home.Pod;
import java.io.BufferedReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the C library has asked of /proc it does not ask again: not from where nobody may answer. */
@Timeout(60)
class AllocatorWarmthTest {
    private static final int PATIENCE_SECONDS = 40;

    /** A JVM that is warm, and then gives memory back where the file never answers. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            AllocatorWarmth.ensure();
            System.out.println("warm");
            System.in.read();
            AllocatorWarmth.giveBack();
            System.out.println("done");
        }
    }

    @Test
    void whatWasAskedIsNotAskedAgain(@TempDir Path directory) throws Exception {
        Path fifo = directory.resolve("fifo");
        Process child = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Child.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        // who waits for the file says nothing more
        CompletableFuture<Void> watchdog = CompletableFuture.runAsync(
                child::destroyForcibly, CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8);
                OutputStream in = child.getOutputStream()) {
            assertEquals("warm", out.readLine());
            Pod.output(new ProcessBuilder(
                            "nsenter",
                            "--mount=/proc/" + child.pid() + "/ns/mnt",
                            "sh",
                            "-ec",
                            "mkfifo \"$0\"; mount --bind \"$0\" /proc/sys/vm/overcommit_memory",
                            fifo.toString())
                    .start());
            in.write('\n');
            in.flush();
            assertEquals("done", out.readLine());
        } finally {
            watchdog.cancel(false);
            child.destroyForcibly().waitFor();
        }
    }
}
