package dev.tomte.agent.peer;

import static dev.tomte.agent.peer.TwoHosts.LAUNCH;
import static dev.tomte.agent.peer.TwoHosts.PLAN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.tomte.agent.move.Register;
import dev.tomte.agent.transfer.StillProcess;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Peer;
import dev.tomte.linux.ProcessMemory;
import dev.tomte.wire.LogsQuestion;
import dev.tomte.wire.OutputChunk;
import dev.tomte.wire.OutputReached;
import dev.tomte.wire.RegisterQuestion;
import dev.tomte.wire.Swap;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MoveBetweenAgentsTest {
    private static final Duration AT_MOST = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private TwoHosts hosts;

    @BeforeEach
    void start() throws IOException {
        byte[] pages = new byte[3 * (256 << 10) + 17];
        new Random(1).nextBytes(pages);
        hosts = new TwoHosts(
                directory, Map.of("pages-1.img", pages, "core-1.img", new byte[] {1, 2, 3}, "empty.img", new byte[0]));
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    private Outcome await(MoveState state) throws InterruptedException {
        while (true) {
            Outcome outcome = hosts.outcomes.take();
            if (outcome.state() == state) return outcome;
            assertFalse(outcome.state() != null && outcome.state().isFinal(), outcome.toString());
        }
    }

    private void prepare() throws InterruptedException {
        hosts.target.prepare(new Command.Prepare("ws2", 1, PLAN, LAUNCH, 0));
        await(MoveState.PREPARED);
    }

    @Test
    void movesEveryImageAndSettles() throws Exception {
        prepare();
        hosts.source.move(new Command.Move("ws1", 1, PLAN));
        Outcome settled = await(MoveState.SETTLED);
        assertEquals("frozen", hosts.events.peek());
        assertEquals(
                Set.of(
                        "frozen",
                        "restored Checkpoint[rootPid=30001, fed=true, stdinInode=4, stdoutInode=5, stderrInode=6, memoryBytes=1000]",
                        "runs",
                        "destroyed",
                        "left"),
                Set.copyOf(hosts.events));
        assertEquals(hosts.images.keySet(), hosts.restored.keySet());
        hosts.images.forEach((name, bytes) -> assertArrayEquals(bytes, hosts.restored.get(name), name));
        assertEquals(new Register("pod-1", 2, "ws2"), hosts.home.read("p-1", "pod-1"));
        assertEquals(hosts.images.values().stream().mapToLong(it -> it.length).sum(), settled.bytes());
        assertTrue(
                settled.micros()
                        .keySet()
                        .containsAll(List.of(
                                "ready", "freeze", "dump", "transfer", "restore", "commit", "settle", "frozen")),
                settled.toString());
        for (String host : List.of("ws1", "ws2")) assertEquals(List.of(), left(host));
    }

    @Test
    void memoryArrivesInLayersBesideTheImages() throws Exception {
        try (StillProcess process = new StillProcess()) {
            hosts.processes = List.of(process.pid());
            hosts.precopyRoom = 64 << 20;
            prepare();
            hosts.source.move(new Command.Move("ws1", 1, PLAN));
            Outcome settled = await(MoveState.SETTLED);
            hosts.images.forEach((name, bytes) -> assertArrayEquals(bytes, hosts.restored.get(name), name));
            long memory = (long) process.memory().size() * ProcessMemory.PAGE;
            assertTrue(settled.bytes() > memory, settled.bytes() + " bytes, of which memory is " + memory);
            assertTrue(settled.micros().containsKey("precopy"), settled.toString());
            assertTrue(hosts.layers.containsAll(List.of("layer-1", "layer-2", "parent")), hosts.layers.toString());
        }
    }

    @Test
    void whatHasGrownMovesIfTheTargetHasRoomForIt() throws Exception {
        hosts.grown = 100 << 20;
        hosts.memoryAtTarget = TwoHosts.MEMORY + hosts.grown;
        prepare();
        hosts.source.move(new Command.Move("ws1", 1, PLAN));
        await(MoveState.SETTLED);
    }

    @Test
    void whatHasGrownIsRefusedBeforeItStandsIfTheTargetHasNone() throws Exception {
        hosts.grown = 100 << 20;
        prepare();
        hosts.source.move(new Command.Move("ws1", 1, PLAN));
        Outcome refused = await(MoveState.REFUSED);
        assertTrue(refused.message().contains("no room for"), refused.message());
        assertFalse(hosts.events.contains("frozen"));
    }

    private List<Path> left(String host) throws IOException {
        try (Stream<Path> all = Files.list(directory.resolve(host + "-images"))) {
            return all.toList();
        }
    }

    @Test
    void aRepeatedMoveIsAnsweredWithTheSame() throws Exception {
        prepare();
        hosts.source.move(new Command.Move("ws1", 1, PLAN));
        Outcome settled = await(MoveState.SETTLED);
        hosts.source.move(new Command.Move("ws1", 1, PLAN));
        assertEquals(settled, await(MoveState.SETTLED));
    }

    @Test
    void aMoveOfAnOlderGenerationIsIgnored() throws Exception {
        hosts.target.prepare(new Command.Prepare("ws2", 2, PLAN, LAUNCH, 0));
        await(MoveState.PREPARED);
        hosts.target.abort(new Command.Abort("ws2", 1, PLAN, "late"));
        hosts.source.move(new Command.Move("ws1", 2, PLAN));
        await(MoveState.SETTLED);
    }

    @Test
    void aTargetThatWasNotPreparedRefuses() throws Exception {
        hosts.source.move(new Command.Move("ws1", 1, PLAN));
        Outcome refused = await(MoveState.REFUSED);
        assertTrue(refused.message().contains("not expected"), refused.message());
        assertEquals(List.of(), List.copyOf(hosts.events));
    }

    @Test
    void aTargetWithoutMemoryRefusesBeforeAnythingStands() throws Exception {
        hosts.memoryAtTarget = TwoHosts.MEMORY - 1;
        prepare();
        hosts.source.move(new Command.Move("ws1", 1, PLAN));
        Outcome refused = await(MoveState.REFUSED);
        assertTrue(refused.message().contains("no room for 1000 bytes"), refused.message());
        assertEquals(List.of(), List.copyOf(hosts.events));
    }

    @Test
    void aWrongTokenIsRefused() throws Exception {
        prepare();
        MovePlan forged = new MovePlan(
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
                "guessed",
                PLAN.deadline());
        hosts.source.move(new Command.Move("ws1", 1, forged));
        assertTrue(await(MoveState.REFUSED).message().contains("not the source"));
    }

    @Test
    void anAbortTakesTheRoomDown() throws Exception {
        prepare();
        hosts.target.abort(new Command.Abort("ws2", 1, PLAN, "not wanted"));
        assertEquals("room destroyed", hosts.events.take());
    }

    @Test
    void onlyTheHolderProposes() throws IOException {
        Swap swap = Swap.newBuilder()
                .setProcess("p-1")
                .setIncarnation("pod-1")
                .setExpectedEpoch(1)
                .setExpectedHolder("ws1")
                .setNewHolder("ws3")
                .build();
        assertEquals(
                Status.Code.PERMISSION_DENIED, refusal("ws3", Peer.Role.HOST, "ws1", peer -> peer.compareAndSet(swap)));
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                refusal(
                        "ws1",
                        Peer.Role.HOST,
                        "ws1",
                        peer -> peer.compareAndSet(
                                swap.toBuilder().setNewHolder("no/host").build())));
    }

    @Test
    void whoWaitsForADecisionHearsOfIt() throws Exception {
        RegisterQuestion question = RegisterQuestion.newBuilder()
                .setProcess("p-1")
                .setIncarnation("pod-1")
                .setEpoch(1)
                .setWaitMillis((int) AT_MOST.toMillis())
                .build();
        Certificates ws2 = hosts.authority.issue(directory.resolve("two"), "ws2", Peer.Role.HOST, Duration.ofDays(1));
        try (Peers peers = new Peers(ws2)) {
            BlockingQueue<dev.tomte.wire.Register> answers = new LinkedBlockingQueue<>();
            Thread.ofPlatform()
                    .daemon()
                    .start(() -> answers.add(
                            peers.blocking("ws1", "127.0.0.1", hosts.sourceServer.port(), AT_MOST.multipliedBy(2))
                                    .readRegister(question)));
            hosts.home.waiting.await();
            assertTrue(answers.isEmpty());
            hosts.home.compareAndSet("p-1", new Register("pod-1", 1, "ws1"), "ws2");
            assertEquals("ws2", answers.take().getHolder());
        }
    }

    @Test
    void rolesAreChecked() throws IOException {
        RegisterQuestion question =
                RegisterQuestion.newBuilder().setProcess("p-1").build();
        assertEquals(
                Status.Code.PERMISSION_DENIED,
                refusal("one", Peer.Role.MIG, "ws1", peer -> peer.readRegister(question)));
        assertEquals(
                Status.Code.PERMISSION_DENIED,
                refusal(
                        "ws3",
                        Peer.Role.HOST,
                        "ws1",
                        peer -> peer.logs(LogsQuestion.getDefaultInstance()).hasNext()));
    }

    @Test
    void aServerMustBeTheHostThatIsMeant() throws IOException {
        RegisterQuestion question =
                RegisterQuestion.newBuilder().setProcess("p-1").build();
        assertEquals(
                Status.Code.UNAVAILABLE, refusal("ws3", Peer.Role.HOST, "ws9", peer -> peer.readRegister(question)));
    }

    @Test
    void strangersAreNotAnswered() throws IOException {
        RegisterQuestion question =
                RegisterQuestion.newBuilder().setProcess("p-1").build();
        Certificates stranger = new TestAuthority(directory.resolve("others"))
                .issue(directory.resolve("stranger"), "ws3", Peer.Role.HOST, Duration.ofDays(1));
        assertEquals(Status.Code.UNAVAILABLE, refusal(stranger, "ws1", peer -> peer.readRegister(question)));
        Certificates expired =
                hosts.authority.issue(directory.resolve("old"), "ws3", Peer.Role.HOST, Duration.ofDays(-1));
        assertEquals(Status.Code.UNAVAILABLE, refusal(expired, "ws1", peer -> peer.readRegister(question)));
    }

    private interface Calls {
        Object call(dev.tomte.wire.AgentGrpc.AgentBlockingStub peer);
    }

    private Status.Code refusal(String name, Peer.Role role, String server, Calls call) throws IOException {
        return refusal(
                hosts.authority.issue(directory.resolve(name + role.word()), name, role, Duration.ofDays(1)),
                server,
                call);
    }

    private Status.Code refusal(Certificates as, String server, Calls call) throws IOException {
        try (Peers peers = new Peers(as)) {
            var peer = peers.blocking(server, "127.0.0.1", hosts.sourceServer.port(), AT_MOST);
            return assertThrows(StatusRuntimeException.class, () -> call.call(peer))
                    .getStatus()
                    .getCode();
        }
    }

    @Test
    void logsAreForTheMigrationService() throws IOException {
        Certificates as = hosts.authority.issue(directory.resolve("m"), "one", Peer.Role.MIGRATION, Duration.ofDays(1));
        try (Peers peers = new Peers(as)) {
            StringBuilder log = new StringBuilder();
            peers.blocking("ws1", "127.0.0.1", hosts.sourceServer.port(), AT_MOST)
                    .logs(LogsQuestion.getDefaultInstance())
                    .forEachRemaining(chunk -> log.append(chunk.getData().toStringUtf8()));
            assertEquals("012", log.toString());
        }
    }

    @Test
    void outputIsAnsweredWithWhatIsReached() throws Exception {
        Certificates as = hosts.authority.issue(directory.resolve("g"), "ws3", Peer.Role.HOST, Duration.ofDays(1));
        try (Peers peers = new Peers(as)) {
            BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
            StreamObserver<OutputChunk> output = peers.streaming("ws1", "127.0.0.1", hosts.sourceServer.port())
                    .output(new StreamObserver<>() {
                        @Override
                        public void onNext(OutputReached reached) {
                            answers.add(reached.getOffset());
                        }

                        @Override
                        public void onError(Throwable t) {
                            answers.add(t);
                        }

                        @Override
                        public void onCompleted() {
                            answers.add("end");
                        }
                    });
            for (long offset = 0; offset < 6; offset += 3)
                output.onNext(OutputChunk.newBuilder()
                        .setStream(1)
                        .setOffset(offset)
                        .setData(ByteString.copyFromUtf8("abc"))
                        .build());
            output.onCompleted();
            assertEquals(List.of(3L, 6L, "end"), List.of(answers.take(), answers.take(), answers.take()));
        }
    }
}
