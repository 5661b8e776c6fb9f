package dev.tomte.agent.pod;

import dev.tomte.linux.Cgroup;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.StubConnection;
import dev.tomte.stub.StubEvent;
import dev.tomte.stub.StubKind;
import dev.tomte.stub.StubSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A pod of this host. Any thread.
 *
 * @param directory its own, on the tmpfs
 * @param socket where its stub listens
 * @param cgroup its own; the tree's is below it
 * @param tools for what the agent runs inside of the pod to make a tree there
 * @param dumps for what writes the tree down: charged for the images, which are as large as the tree, and so never below
 *     what bounds it; may be the same as {@code tools}
 * @param cpu what it gets of the processors
 * @param besides v1 cgroups that what runs in it is in too
 */
public record Pod(
        PodRecord record,
        Path directory,
        StubSocket socket,
        Cgroup cgroup,
        Cgroup tools,
        Cgroup dumps,
        CpuShare cpu,
        List<Path> besides) {
    /** The stub does nothing that takes long. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    public Pod {
        besides = List.copyOf(besides);
    }

    public String id() {
        return record.id();
    }

    public String process() {
        return record.process();
    }

    public String incarnation() {
        return record.incarnation();
    }

    public boolean isHome() {
        return record.kind() == StubKind.HOME;
    }

    public int stubPid() {
        return record.stubPid();
    }

    /** The process tree's cgroup; nothing else is ever in it. */
    public Cgroup tree() {
        return cgroup.child("tree");
    }

    /** The cgroups of all that runs in it and for it; none is below another, so that nothing counts twice. */
    public List<Path> cgroups() {
        Path own = cgroup.directory();
        return Stream.concat(
                        Stream.of(own),
                        Stream.of(tools.directory(), dumps.directory()).filter(one -> !one.startsWith(own)))
                .distinct()
                .toList();
    }

    /** Waits until nothing runs in it that the agent started; false if something does after that time, for each of the two. */
    public boolean awaitToolsEnd(Duration patience) throws IOException {
        return tools.awaitEmpty(patience) && dumps.awaitEmpty(patience);
    }

    /** Whether its stub lives: with it lives all that is in the pod. */
    public boolean isAlive() {
        return new ProcFs(record.stubPid()).startedAt(record.stubStart());
    }

    public StubConnection connect(Consumer<StubEvent> events) throws IOException {
        if (!isAlive()) throw new IOException("pod " + id() + " has ended");
        return StubConnection.open(socket, record.stubPid(), PATIENCE, events);
    }
}
