package dev.tomte.mig;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** Copies a process's log to where it is wanted, through whichever replica answers. */
final class LogCopy {
    private static final int BUFFER = 8192;
    private static final int RETRIES = 20;
    private static final int RETRY_MILLIS = 500;

    private final Api api;
    private final String process;
    private final boolean follow;
    private final Stream stream;
    private long position;

    /** Which of its logs, and where that goes: what it writes is in the first, unless it was started otherwise. */
    enum Stream {
        OUT,
        ERR;

        private PrintStream here() {
            return this == OUT ? System.out : System.err;
        }
    }

    /** Copies both logs, each as it comes; returns when both are at their end. */
    static void both(Api api, String process, boolean follow) throws InterruptedException {
        var errors = new FutureTask<@Nullable Void>(() -> {
            new LogCopy(api, process, follow, Stream.ERR).run();
            return null;
        });
        Thread.startVirtualThread(errors);
        new LogCopy(api, process, follow, Stream.OUT).run();
        try {
            errors.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Refused refused ? refused : new Refused(String.valueOf(e.getCause()));
        }
    }

    /** @param follow whether to go on until the process ends */
    private LogCopy(Api api, String process, boolean follow, Stream stream) {
        this.api = api;
        this.process = process;
        this.follow = follow;
        this.stream = stream;
    }

    void run() throws InterruptedException {
        int failures = 0;
        while (true) {
            long before = position;
            if (copy()) return;
            // the replica has gone, and another goes on from where it stopped
            failures = position > before ? 0 : failures + 1;
            if (failures > RETRIES) throw new Refused("the log of " + process + " breaks off again and again");
            Thread.sleep(RETRY_MILLIS);
        }
    }

    /** Whether the log was read to its end. */
    private boolean copy() {
        String path = "/processes/%s/log?from=%d&follow=%s&stream=%s"
                .formatted(Api.quoted(process), position, follow, stream);
        try (InputStream in = api.stream(path, "application/octet-stream, text/plain, */*")) {
            byte[] buffer = new byte[BUFFER];
            int read;
            while ((read = in.read(buffer)) >= 0) {
                stream.here().write(buffer, 0, read);
                stream.here().flush();
                position += read;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
