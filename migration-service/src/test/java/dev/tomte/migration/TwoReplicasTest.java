package dev.tomte.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.tomte.authority.Authority;
import dev.tomte.bus.Connection;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Peer;
import dev.tomte.contracts.rest.MoveOrder;
import dev.tomte.contracts.rest.RunOrder;
import dev.tomte.contracts.rest.SignalOrder;
import dev.tomte.migration.journal.Broker;
import dev.tomte.migration.journal.WantedTopics;
import dev.tomte.wire.AgentGrpc;
import dev.tomte.wire.LogChunk;
import dev.tomte.wire.LogsQuestion;
import io.grpc.Grpc;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Two real replicas at a real broker; only the agents are stand-ins. The killing comes last. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TwoReplicasTest {
    private static final List<MoveState> STOPS =
            List.of(MoveState.PLACED, MoveState.PREPARED, MoveState.FROZEN, MoveState.RESTORED, MoveState.COMMITTED);

    @TempDir
    static Path directory;

    private static Authority authority;
    private static TestBroker broker;
    private static StandInAgents agents;
    private static Thread agentsThread;
    private static Server logs;
    private static ReplicaProcess first;
    private static ReplicaProcess second;

    @BeforeAll
    static void start() throws Exception {
        authority = Authority.open(directory.resolve("authority"));
        Identity mig = authority.issue(directory, "mig", Peer.Role.MIG);
        broker = new TestBroker(
                directory.resolve("broker-data"),
                authority.issue(directory, "broker", Peer.Role.BROKER),
                TestBroker.freePort(),
                TestBroker.freePort());
        first = replica("migration-1", mig);
        second = replica("migration-2", mig);
        Identity home = authority.issue(directory, "ws1", Peer.Role.HOST);
        logs = Grpc.newServerBuilderForPort(
                        TestBroker.freePort(),
                        TlsServerCredentials.newBuilder()
                                .keyManager(
                                        home.certificate().toFile(), home.key().toFile())
                                .trustManager(home.authority().toFile())
                                .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
                                .build())
                .addService(new StandInLogs())
                .build()
                .start();
        Broker connection = new Broker(Connection.own(broker.servers(), home));
        // the replicas make the topics; whoever comes first is as good
        try (Admin admin = connection.admin()) {
            assertEquals(List.of(), new WantedTopics(connection.connection()).ensure(admin));
        }
        agents = new StandInAgents(connection);
        agents.logPort = logs.getPort();
        agentsThread = Thread.ofPlatform().name("agents").start(agents);
        try {
            soon().until(() -> first.isReady() && second.isReady());
            soon().until(() -> first.get("/api/v1/hosts").size() == 3
                    && second.get("/api/v1/hosts").size() == 3);
        } catch (RuntimeException e) {
            throw new IllegalStateException(first.log() + second.log(), e);
        }
    }

    private static ReplicaProcess replica(String name, Identity mig) throws Exception {
        return new ReplicaProcess(
                name,
                directory,
                broker.servers(),
                authority.issue(directory, name, Peer.Role.MIGRATION),
                mig,
                TestBroker.freePort());
    }

    @AfterAll
    static void end() throws Exception {
        if (first != null) first.close();
        if (second != null) second.close();
        if (agentsThread != null) {
            agents.end();
            agentsThread.join();
        }
        if (logs != null) logs.shutdownNow().awaitTermination();
        if (broker != null) broker.close();
    }

    private static ConditionFactory soon() {
        return Awaitility.await().atMost(Duration.ofSeconds(150)).pollInterval(Duration.ofMillis(100));
    }

    private static final class StandInLogs extends AgentGrpc.AgentImplBase {
        @Override
        public void logs(LogsQuestion question, StreamObserver<LogChunk> answer) {
            if (question.getFrom() > 4) {
                answer.onError(Status.FAILED_PRECONDITION
                        .withDescription("the log ends before " + question.getFrom())
                        .asRuntimeException());
                return;
            }
            for (String line : List.of("one\n", "two\n"))
                answer.onNext(LogChunk.newBuilder()
                        .setData(ByteString.copyFromUtf8(line))
                        .build());
            answer.onCompleted();
        }
    }

    private static String run(ReplicaProcess replica, String name) {
        RunOrder order = new RunOrder(name, "ws1", List.of("sh"), null, null, null);
        JsonNode answer = replica.post("/api/v1/processes", order).join();
        assertEquals("RUNNING", answer.path("state").asString(""), answer::toString);
        return answer.get("process").asString();
    }

    @Test
    @Order(1)
    void aMoveIsAskedForHereAndSeenThere() throws Exception {
        HttpResponse<InputStream> events =
                second.http().send(second.request("/api/v1/events").build(), HttpResponse.BodyHandlers.ofInputStream());
        List<String> kinds = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
            run(first, "count");
            JsonNode placed = first.post("/api/v1/migrations", new MoveOrder("count", "ws2", null))
                    .join();
            String id = placed.path("id").asString("none: " + placed);
            JsonNode ended = second.get("/api/v1/migrations/" + id + "?wait=60");
            assertEquals("SETTLED", ended.path("state").asString(""), ended::toString);
            assertEquals("mig", ended.path("who").asString(""));
            assertTrue(ended.path("plan").isMissingNode());
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("event: ")) kinds.add(line.substring(7));
                if (line.startsWith("data: ") && line.contains(id) && line.contains("SETTLED")) break;
            }
        }
        assertTrue(kinds.contains("process"));
        assertTrue(kinds.contains("migration"));
        assertEquals("ws2", second.get("/api/v1/processes/count").path("holder").asString(""));
        first.post("/api/v1/processes/count/signal", new SignalOrder("HUP")).join();
        soon().until(() -> agents.signals.equals(List.of(1)));
    }

    @Test
    @Order(2)
    void twoWhoWantOneNameAtOnceGetItOnce() {
        RunOrder order = new RunOrder("same", "ws1", List.of("sh"), null, null, null);
        List<CompletableFuture<JsonNode>> answers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            answers.add(first.post("/api/v1/processes", order));
            answers.add(second.post("/api/v1/processes", order));
        }
        List<JsonNode> all = answers.stream().map(CompletableFuture::join).toList();
        assertEquals(
                1,
                all.stream()
                        .filter(a -> a.path("state").asString("").equals("RUNNING"))
                        .count(),
                all::toString);
        assertEquals(
                7, all.stream().filter(a -> a.path("status").asInt(0) == 409).count(), all::toString);
    }

    @Test
    @Order(3)
    void theLogComesFromTheHome() throws Exception {
        run(first, "talker");
        HttpResponse<String> log = second.http()
                .send(
                        second.request("/api/v1/processes/talker/log?follow=true")
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertEquals("one\ntwo\n", log.body());
        JsonNode problem = second.get("/api/v1/processes/talker/log?from=9");
        assertEquals(503, problem.path("status").asInt(0));
        assertTrue(problem.path("detail").asString("").contains("the log ends before 9"), problem::toString);
    }

    @Test
    @Order(4)
    void onlyThoseWithARoleAreLetIn() throws Exception {
        try (HttpClient stranger = ReplicaProcess.client(authority.issue(directory, "stranger", Peer.Role.BROKER))) {
            HttpResponse<String> answer =
                    stranger.send(first.request("/api/v1/hosts").build(), HttpResponse.BodyHandlers.ofString());
            assertEquals(403, answer.statusCode());
            assertEquals(
                    "application/problem+json",
                    answer.headers().firstValue("Content-Type").orElse(""));
        }
        SSLContext nobody = Authority.open(directory.resolve("other"))
                .issue(directory.resolve("other"), "mig", Peer.Role.MIG)
                .sslContext();
        try (HttpClient other = HttpClient.newBuilder().sslContext(nobody).build()) {
            assertThrows(
                    IOException.class,
                    () -> other.send(first.request("/api/v1/hosts").build(), HttpResponse.BodyHandlers.discarding()));
        }
    }

    @Test
    @Order(5)
    void theApiDescribesItself() throws Exception {
        JsonNode paths = first.get("/v3/api-docs").path("paths");
        for (String path : List.of(
                "/api/v1/hosts",
                "/api/v1/hosts/{name}",
                "/api/v1/processes",
                "/api/v1/processes/{process}",
                "/api/v1/processes/{process}/signal",
                "/api/v1/processes/{process}/log",
                "/api/v1/migrations",
                "/api/v1/migrations/{id}",
                "/api/v1/events")) assertTrue(paths.has(path), path);
        HttpResponse<String> page = first.http()
                .send(first.request("/swagger-ui/index.html").build(), HttpResponse.BodyHandlers.ofString());
        assertEquals(200, page.statusCode());
    }

    @Test
    @Order(6)
    void whileTheBrokerIsAwayRequestsWaitForIt() throws Exception {
        agents.expectReplacement(run(first, "patient"));
        broker.goAway();
        CompletableFuture<JsonNode> asked = first.post("/api/v1/migrations", new MoveOrder("patient", "ws2", null));
        // what has been read stays
        assertEquals(
                "patient", second.get("/api/v1/processes/patient").path("name").asString(""));
        broker.comeBack();
        asked.join();
        // the hosts, whose words wait for the broker too, may have been called silent: then it is asked for again
        soon().until(() -> {
            String state = second.get("/api/v1/migrations?process=patient")
                    .path(0)
                    .path("state")
                    .asString("REFUSED");
            if (state.equals("REFUSED"))
                first.post("/api/v1/migrations", new MoveOrder("patient", "ws2", null))
                        .join();
            return state.equals("SETTLED");
        });
    }

    @Test
    @Order(7)
    void whatAKilledReplicaHadBegunIsFinishedByTheOther() throws Exception {
        Map<String, MoveState> moves = new TreeMap<>();
        for (int i = 0; i < STOPS.size(); i++) {
            String process = run(first, "stopped-" + i);
            MoveState stop = STOPS.get(i);
            agents.stop(process, stop);
            JsonNode placed = first.post("/api/v1/migrations", new MoveOrder(process, "ws3", null))
                    .join();
            moves.put(placed.path("id").asString("none: " + placed), stop);
        }
        for (Map.Entry<String, MoveState> move : moves.entrySet())
            soon().until(() -> {
                String state = second.get("/api/v1/migrations/" + move.getKey())
                        .path("state")
                        .asString("");
                return state.equals(move.getValue().name()) || isGivenUp(move.getValue(), state);
            });
        first.kill();
        agents.letGo();
        for (Map.Entry<String, MoveState> move : moves.entrySet()) {
            JsonNode ended = second.get("/api/v1/migrations/" + move.getKey() + "?wait=60");
            String state = ended.path("state").asString("");
            assertTrue(isGivenUp(move.getValue(), state) || state.equals("SETTLED"), move.getValue() + ": " + ended);
        }
        assertEquals(List.of(), agents.complaints());
    }

    /** A target that is not heard in time, as a slow machine may bring about, is given up: a documented end. */
    private static boolean isGivenUp(MoveState stop, String state) {
        return stop == MoveState.PLACED && state.equals("REFUSED");
    }
}
