package dev.tomte.mig;

import java.io.IOException;
import java.io.InputStream;

/** Copies a process's log to standard output, through whichever replica answers. */
final class LogCopy {
    private static final int BUFFER = 8192;
    private static final int RETRIES = 20;
    private static final int RETRY_MILLIS = 500;

    private final Api api;
    private final String process;
    private final boolean follow;
    private long position;

    /** @param follow whether to go on until the process ends */
    LogCopy(Api api, String process, boolean follow) {
        this.api = api;
        this.process = process;
        this.follow = follow;
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
        String path = "/processes/%s/log?from=%d&follow=%s".formatted(Api.quoted(process), position, follow);
        try (InputStream in = api.stream(path, "application/octet-stream, text/plain, */*")) {
            byte[] buffer = new byte[BUFFER];
            int read;
            while ((read = in.read(buffer)) >= 0) {
                System.out.write(buffer, 0, read);
                System.out.flush();
                position += read;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
