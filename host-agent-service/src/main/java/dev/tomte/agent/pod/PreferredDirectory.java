package dev.tomte.agent.pod;

import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.ThreadIdentity;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory that a launch would rather start in: whether it is to be had. */
final class PreferredDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(PreferredDirectory.class);

    private PreferredDirectory() {}

    /**
     * The launch with the directory settled: the preferred one if its user may enter that in the pod, else its own.
     *
     * @param stubPid of the pod
     */
    static Launch settle(Launch launch, int stubPid) throws IOException {
        String preferred = launch.preferredCwd();
        if (preferred == null) return launch;
        // a thread of its own, which is that user then and never again anybody else
        FutureTask<Boolean> looking = new FutureTask<>(() -> mayEnter(preferred, launch.uid(), stubPid));
        Thread.ofPlatform().daemon().name("preferred-directory").start(looking);
        try {
            return launch.in(looking.get() ? preferred : launch.cwd());
        } catch (ExecutionException e) {
            throw new IOException("it cannot be told whether " + preferred + " is there", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + preferred + " was looked for", e);
        }
    }

    private static boolean mayEnter(String directory, int uid, int stubPid) throws Errno {
        ThreadIdentity self = ThreadIdentity.ofThisThread();
        try (Fd root = OpenAt.open("/proc/" + stubPid + "/root", OpenAt.O_PATH | OpenAt.O_DIRECTORY)) {
            // first as root: what is needed then is loaded, which the user may not be able to read
            if (!isThere(root, directory)) return false;
            self.user(uid, uid, List.of());
            return isThere(root, directory);
        }
    }

    /** Who looks for the directory in itself must be allowed to search it. */
    private static boolean isThere(Fd root, String directory) {
        try (Fd found = OpenAt.inRoot(root, directory + "/.", OpenAt.O_PATH | OpenAt.O_DIRECTORY)) {
            return found.value() >= 0;
        } catch (Errno e) {
            LOG.debug("{} is not to be had: {}", directory, e.getMessage());
            return false;
        }
    }
}
