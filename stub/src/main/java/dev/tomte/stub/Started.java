package dev.tomte.stub;

import dev.tomte.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process that waits before its exec.
 *
 * @param pid its PID in the pod
 * @param pidfd a descriptor of it (pidfd_open(2)), owned by the receiver
 */
public record Started(int pid, Fd pidfd) implements AutoCloseable {
    /** Its PID in the caller's PID namespace; throws if it has ended. */
    public int hostPid() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + pidfd.value())))
            if (line.startsWith("Pid:")) {
                int host = Integer.parseInt(line.substring(4).strip());
                if (host > 0) return host;
            }
        throw new IOException("process " + pid + " has ended");
    }

    @Override
    public void close() {
        pidfd.close();
    }
}
