package dev.tomte.mig;

import dev.tomte.contracts.Json;
import dev.tomte.contracts.rest.InputResource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Sends what this command reads from its standard input to a process, through whichever replica answers, and no faster
 * than the process reads.
 */
final class InputCopy {
    private static final int BUFFER = 64 * 1024;
    private static final int RETRIES = 20;
    private static final int RETRY_MILLIS = 500;
    private static final byte[] NOTHING = {};

    private final Api api;
    private final String process;
    private long position;

    InputCopy(Api api, String process) {
        this.api = api;
        this.process = process;
    }

    /** Whether there is something to send: a pipe, a file or a socket, but no terminal, and not /dev/null. */
    static boolean isWanted() {
        try {
            return !Files.readSymbolicLink(Path.of("/proc/self/fd/0")).startsWith("/dev");
        } catch (IOException e) {
            return false;
        }
    }

    /** Until the end of the input, or of the process. */
    void run() {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = System.in;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer))
                send(Arrays.copyOf(buffer, read), false);
            send(NOTHING, true);
        } catch (IOException e) {
            System.err.println("mig: standard input cannot be read: " + e.getMessage());
        } catch (Refused e) {
            // it has ended, and reads no more; if not, its end says so
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(byte[] bytes, boolean last) throws InterruptedException {
        long end = position + bytes.length;
        byte[] left = bytes;
        do {
            long reached = sent(left, last);
            left = Arrays.copyOfRange(left, (int) (reached - position), left.length);
            position = reached;
        } while (position < end);
    }

    private long sent(byte[] bytes, boolean last) throws InterruptedException {
        String path = "/processes/%s/input?from=%d&last=%s".formatted(Api.quoted(process), position, last);
        for (int failures = 0; ; failures++) {
            try {
                return Json.mapper()
                        .treeToValue(api.postBytes(path, bytes), InputResource.class)
                        .reached();
            } catch (Refused e) {
                // a home whose agent is started again takes it a moment later
                if (!e.isForNow() || failures == RETRIES) throw e;
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        }
    }
}
