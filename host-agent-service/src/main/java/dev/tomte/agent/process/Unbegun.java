package dev.tomte.agent.process;

import dev.tomte.agent.criu.Program;
import dev.tomte.agent.tree.Tree;
import dev.tomte.linux.Errno;
import dev.tomte.stub.StubConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A process that waits at home to begin at another host, as its first move sees it: there is nothing to stop and nothing
 * to dump. That it does not begin at home while it moves is for {@link HomeProcesses#begin} to see to.
 */
final class Unbegun implements Tree {
    private final HomeProcess process;

    Unbegun(HomeProcess process) {
        this.process = process;
    }

    @Override
    public List<String> obstacles() {
        return List.of();
    }

    @Override
    public void freeze(Duration deadline) {}

    @Override
    public boolean isFrozen() {
        return false;
    }

    @Override
    public void thaw() {}

    @Override
    public Dump readyDump(Path images) {
        return new Dump() {
            @Override
            public Checkpoint checkpoint() {
                return Checkpoint.unbegun(process.isFed());
            }

            @Override
            public boolean leaveMemory() {
                return false;
            }

            @Override
            public void write() throws IOException {
                var launch = process.pod().record().launch();
                new Program(launch.command(), Starting.environment(launch), launch.cwd()).write(images);
            }

            @Override
            public void end() {}

            @Override
            public void close() {}
        };
    }

    @Override
    public void drainOutput() {}

    /** It runs elsewhere: the stub starts nothing any more. */
    @Override
    public void destroy() throws IOException {
        try {
            process.stub().tell(StubConnection::forget);
        } catch (Errno e) {
            if (e.code() != Errno.ESRCH) throw e;
        }
    }

    @Override
    public List<Integer> processes() {
        return List.of();
    }

    @Override
    public long cpuMicros() {
        return 0;
    }

    @Override
    public long memoryBytes() {
        return 0;
    }
}
