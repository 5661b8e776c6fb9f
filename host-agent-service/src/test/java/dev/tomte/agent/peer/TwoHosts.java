package dev.tomte.agent.peer;

import dev.tomte.agent.move.FailPoint;
import dev.tomte.agent.move.Home;
import dev.tomte.agent.move.MoveNotes;
import dev.tomte.agent.move.Moves;
import dev.tomte.agent.move.Outcomes;
import dev.tomte.agent.move.Pause;
import dev.tomte.agent.move.Register;
import dev.tomte.agent.move.Rooms;
import dev.tomte.agent.move.Surroundings;
import dev.tomte.agent.transfer.ImageDirectories;
import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Peer;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.FeedChunk;
import dev.tomte.wire.FeedReached;
import dev.tomte.wire.Holding;
import dev.tomte.wire.InputChunk;
import dev.tomte.wire.InputQuestion;
import dev.tomte.wire.LogsQuestion;
import dev.tomte.wire.OutputChunk;
import dev.tomte.wire.ProcessKey;
import dev.tomte.wire.SignalAnswer;
import dev.tomte.wire.SignalCall;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Two agents that speak over real connections on loopback, with real images in files; pods and trees are pretended. ws1
 * is source and home, ws2 is the target.
 */
final class TwoHosts implements AutoCloseable {
    static final MovePlan PLAN = new MovePlan(
            "m-1",
            "p-1",
            "pod-1",
            1,
            "ws1",
            "ws1",
            "ws2",
            "127.0.0.1",
            "127.0.0.1",
            "127.0.0.1",
            "a secret",
            Instant.parse("2100-01-01T00:00:00Z"));
    static final Launch LAUNCH = new Launch("sleeper", List.of("sleep"), Map.of(), "/", 1000);

    static final long MEMORY = 1000;

    final TestAuthority authority;
    final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    final Map<String, byte[]> images;
    final Map<String, byte[]> restored = new ConcurrentHashMap<>();
    /** What is where images arrive, and is none. */
    final BlockingQueue<String> layers = new LinkedBlockingQueue<>();

    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    final OneHome home = new OneHome();
    volatile long memoryAtTarget = MEMORY;
    volatile long precopyRoom;
    /** What the tree has more than when its move began. */
    volatile long grown;
    /** What the tree is pretended to be; none: it stands already. */
    volatile List<Integer> processes = List.of();

    final Moves source;
    final Moves target;
    final AgentServer sourceServer;
    final AgentServer targetServer;
    final TransferServer transfers;
    private final Path directory;
    private final Peers sourcePeers;
    private final Peers targetPeers;

    TwoHosts(Path directory, Map<String, byte[]> images) throws IOException {
        this.directory = directory;
        this.images = images;
        authority = new TestAuthority(directory.resolve("authority"));
        Certificates ws1 = authority.issue(directory.resolve("ws1"), "ws1", Peer.Role.HOST, Duration.ofDays(1));
        Certificates ws2 = authority.issue(directory.resolve("ws2"), "ws2", Peer.Role.HOST, Duration.ofDays(1));
        sourcePeers = new Peers(ws1);
        targetPeers = new Peers(ws2);
        // the agents' ports are known only when they listen
        int[] ports = new int[3];
        source = moves(
                "ws1",
                plan -> new FleetHomes("ws1", home, sourcePeers, ports[0]).of(plan),
                plan -> new FleetTargets(sourcePeers, ports[1], new Identity(ws1.directory()), ports[2]).of(plan));
        target = moves(
                "ws2",
                plan -> new FleetHomes("ws2", home, targetPeers, ports[0]).of(plan),
                plan -> new FleetTargets(targetPeers, ports[0], new Identity(ws2.directory()), ports[2]).of(plan));
        sourceServer = new AgentServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ws1, source, home, new NoGuests());
        targetServer = new AgentServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ws2, target, home, new NoGuests());
        ports[0] = sourceServer.port();
        ports[1] = targetServer.port();
        transfers = new TransferServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), new Identity(ws2.directory()), target);
        ports[2] = transfers.port();
    }

    private Moves moves(String host, Home.Homes homes, dev.tomte.agent.move.Target.Targets targets) throws IOException {
        Surroundings around = new Surroundings(
                host,
                homes,
                targets,
                new Pretended(),
                new ImageDirectories(directory.resolve(host + "-images")),
                new Memory(),
                new Outcomes() {
                    @Override
                    public void publish(Outcome outcome) {
                        outcomes.add(outcome);
                    }

                    @Override
                    public void keep(Outcome end) {}
                },
                Pause.REAL,
                (FailPoint) (name, process) -> {},
                Surroundings.FREEZE_DEADLINE);
        return new Moves(around, task -> Thread.ofPlatform().daemon().start(task));
    }

    @Override
    public void close() {
        transfers.close();
        sourceServer.close();
        targetServer.close();
        sourcePeers.close();
        targetPeers.close();
    }

    /** A home with one register. */
    static final class OneHome implements HomeCalls {
        /** Until somebody waits for a decision. */
        final CountDownLatch waiting = new CountDownLatch(1);

        private Register register = new Register("pod-1", 1, "ws1");

        @Override
        public synchronized Register read(String process, String incarnation) throws Home.Gone {
            if (!incarnation.equals(register.incarnation())) throw new Home.Gone("no " + incarnation);
            return register;
        }

        @Override
        public synchronized Register awaitDecision(String process, String incarnation, long epoch, Duration atMost)
                throws IOException, Home.Gone {
            long end = System.nanoTime() + atMost.toNanos();
            try {
                for (long left; register.epoch() <= epoch && (left = end - System.nanoTime()) > 0; ) {
                    waiting.countDown();
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                }
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
            return read(process, incarnation);
        }

        @Override
        public synchronized Register compareAndSet(String process, Register expected, String newHolder) {
            if (register.equals(expected))
                register = new Register(register.incarnation(), register.epoch() + 1, newHolder);
            notifyAll();
            return register;
        }

        @Override
        public long output(String caller, OutputChunk chunk) {
            return chunk.getOffset() + chunk.getData().size();
        }

        @Override
        public InputChunk input(String caller, InputQuestion question) {
            return InputChunk.newBuilder()
                    .setOffset(question.getFrom())
                    .setLast(true)
                    .build();
        }

        @Override
        public FeedReached feed(FeedChunk chunk) {
            return FeedReached.newBuilder()
                    .setOffset(chunk.getOffset() + chunk.getData().size())
                    .build();
        }

        @Override
        public boolean exited(String caller, ExitReport report) {
            return true;
        }

        @Override
        public void logs(LogsQuestion question, LogSink sink) throws IOException {
            for (int line = 0; line < 3; line++)
                sink.take(line, "%d".formatted(line).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static final class NoGuests implements HolderCalls {
        @Override
        public Holding ask(String caller, ProcessKey key) {
            return Holding.getDefaultInstance();
        }

        @Override
        public SignalAnswer signal(String caller, SignalCall call) {
            return SignalAnswer.newBuilder().setWhy("nothing of it is here").build();
        }
    }

    private static final class Memory implements MoveNotes {
        private final Map<Role, byte[]> notes = new ConcurrentHashMap<>();

        @Override
        public void put(MovePlan plan, Role role, byte[] note) {
            notes.put(role, note);
        }

        @Override
        public void clear(MovePlan plan, Role role) {
            notes.remove(role);
        }

        @Override
        public List<byte[]> all() {
            return List.copyOf(notes.values());
        }
    }

    private final class Pretended implements Rooms {
        @Override
        public Tree.Room open(MovePlan plan, Launch launch, long memory) {
            return new Tree.Room() {
                private Path directory = Path.of("");
                private Tree.@Nullable Checkpoint checkpoint;

                @Override
                public void makeReady() {}

                @Override
                public void readyRestore(Path directory, Tree.Checkpoint checkpoint) {
                    this.directory = directory;
                    this.checkpoint = checkpoint;
                }

                @Override
                public void restore() throws IOException {
                    for (String name : directory.toFile().list()) if (!name.endsWith(".img")) layers.add(name);
                    for (String name : images.keySet()) restored.put(name, Files.readAllBytes(directory.resolve(name)));
                    events.add("restored " + checkpoint);
                }

                @Override
                public void run() {
                    events.add("runs");
                }

                @Override
                public void destroy() {
                    events.add("room destroyed");
                }
            };
        }

        @Override
        public void admit(MovePlan plan, long memoryBytes) throws IOException {
            if (memoryBytes > memoryAtTarget) throw new IOException("no room for " + memoryBytes + " bytes");
        }

        @Override
        public long precopyRoom(MovePlan plan, long memoryBytes) {
            return precopyRoom;
        }

        @Override
        public Optional<Tree.Room> find(MovePlan plan) {
            return Optional.empty();
        }

        @Override
        public void takeDownOthers(Set<String> migrations) {}

        @Override
        public Optional<Tree> tree(MovePlan plan) {
            return Optional.of(new PretendedTree());
        }

        @Override
        public void stays(MovePlan plan, long epoch) {
            events.add("stays");
        }

        @Override
        public void left(MovePlan plan) {
            events.add("left");
        }
    }

    private final class PretendedTree implements Tree {
        @Override
        public List<String> obstacles() {
            return List.of();
        }

        @Override
        public void freeze(Duration deadline) {
            events.add("frozen");
        }

        @Override
        public boolean isFrozen() {
            return processes.isEmpty();
        }

        @Override
        public List<Integer> processes() {
            return processes;
        }

        @Override
        public void thaw() {
            events.add("thawed");
        }

        @Override
        public Dump readyDump(Path directory) {
            return new Dump() {
                @Override
                public Checkpoint checkpoint() {
                    return new Checkpoint(30_001, true, 4, 5, 6, MEMORY);
                }

                @Override
                public boolean leaveMemory() {
                    return !processes.isEmpty();
                }

                @Override
                public void write() throws IOException {
                    for (Map.Entry<String, byte[]> image : images.entrySet())
                        Files.write(directory.resolve(image.getKey()), image.getValue());
                    Files.writeString(directory.resolve("dump.log"), "not an image");
                }

                @Override
                public void end() {}

                @Override
                public void close() {}
            };
        }

        @Override
        public void drainOutput() {}

        @Override
        public void destroy() {
            events.add("destroyed");
        }

        @Override
        public long cpuMicros() {
            return 0;
        }

        @Override
        public long memoryBytes() {
            return MEMORY + grown;
        }
    }
}
