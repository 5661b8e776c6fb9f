package dev.tomte.migration.rest;

import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Who;
import dev.tomte.migration.Fleets;
import dev.tomte.migration.access.Access;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.orchestration.Decision;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.orchestration.Orchestrator;
import dev.tomte.migration.placement.Limits;
import dev.tomte.migration.placement.Snapshots;
import dev.tomte.migration.placement.Ties;
import dev.tomte.migration.view.FleetView;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.ResultActions;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;

/** The API before a real orchestrator; only what the broker and the agents would do is done by the test. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ApiTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    private static final String V1 = "/api/v1";
    private static final Caller MIG = new Caller.Certified("mig");

    private final FleetView view = new FleetView();
    private final Doorkeeper doorkeeper = new Doorkeeper(view, Ties.NONE);
    private final Orchestrator orchestrator = new Orchestrator(1, view, doorkeeper);
    private final List<Request> asked = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private boolean isReady = true;
    /** What this replica has not heard yet; null: the broker does not answer. */
    private @Nullable Runnable news = () -> {};

    private final Fleet fleet = new Fleet(
            view,
            () -> isReady,
            this::catchUp,
            new Directly(),
            Clock.fixed(NOW, ZoneOffset.UTC),
            doorkeeper,
            Access.byCertificate());
    private final MockMvc mvc = MockMvcBuilders.standaloneSetup(
                    new HostsController(fleet),
                    new ProcessesController(fleet, new Snapshots(view, () -> Limits.STANDARD, Ties.NONE)),
                    new MigrationsController(fleet),
                    new WhyController(fleet, new Snapshots(view, () -> Limits.STANDARD, Ties.NONE)),
                    new StatsController(fleet))
            .setControllerAdvice(new Problems())
            .build();

    private boolean catchUp() {
        if (news == null) return false;
        news.run();
        return true;
    }

    /** Brings a request to the orchestrator at once. */
    private final class Directly implements Outbox {
        @Override
        public void ask(Request request) {
            asked.add(request);
            Decision decision = orchestrator.asked(request, NOW);
            decision.entries().forEach(view::take);
            decision.answers().forEach(view::take);
            decision.commands().forEach(this::command);
        }

        @Override
        public void command(Command command) {
            commands.add(command);
            if (command instanceof Command.Policy policy)
                view.take(Fleets.policy(view.host(policy.host()).orElseThrow(), now -> now.withImports(Who.NONE)));
            if (command instanceof Command.Start start)
                view.take(Fleets.running(start.process(), start.launch().name(), "ws1", 1, NOW));
        }

        @Override
        public void journal(Migration entry) {}

        @Override
        public void forget(String migration) {}

        @Override
        public void answer(Outcome outcome) {}

        @Override
        public void flush() {}
    }

    @BeforeEach
    void fleet() {
        view.take(Fleets.host("ws1", NOW));
        view.take(Fleets.host("ws2", NOW));
        view.take(Fleets.host("ws3", NOW.minusSeconds(60)));
        view.take(Fleets.host("ws4", NOW, Availability.State.UNAVAILABLE, "its owner is back", Set.of("sse2")));
        view.take(Fleets.running("p-1", "count", "ws1", 1, NOW));
        view.take(Fleets.ended("p-0", "count", 7, NOW.minusSeconds(100)));
        view.take(Fleets.ended("p-9", "gone", 3, NOW));
    }

    private ResultActions send(String path, String body) throws Exception {
        return mvc.perform(post(V1 + path)
                .principal(MIG)
                .contentType(MediaType.APPLICATION_JSON)
                .content(body));
    }

    private ResultActions read(String path) throws Exception {
        return mvc.perform(get(V1 + path).principal(MIG));
    }

    private static void problem(ResultActions answer, int status, String type, String detail) throws Exception {
        answer.andExpect(status().is(status))
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
                .andExpect(jsonPath("$.type").value("urn:tomte:problem:" + type))
                .andExpect(jsonPath("$.title").isNotEmpty())
                .andExpect(jsonPath("$.status").value(status))
                .andExpect(jsonPath("$.detail").value(containsString(detail)));
    }

    @Test
    void hostsAreShownAsTheyCount() throws Exception {
        read("/hosts")
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.length()").value(4))
                .andExpect(jsonPath("$[0].state").value("AVAILABLE"))
                .andExpect(jsonPath("$[2].state").value("UNAVAILABLE"))
                .andExpect(jsonPath("$[2].why").value("not heard of since 2026-11-29T11:59:00Z"));
        read("/hosts/ws4").andExpect(jsonPath("$.why").value("its owner is back"));
        problem(read("/hosts/ws9"), 404, "unknown-host", "Known: ws1, ws2, ws3, ws4");
    }

    @Test
    void aHostsPolicyIsChangedAndItsOwnWordWaitedFor() throws Exception {
        send("/hosts/ws2/policy", "{\"imports\":\"none\"}")
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.sharing.policy.imports").value("NONE"))
                .andExpect(jsonPath("$.sharing.policy.exports").value("ALL"));
        assertEquals(List.of(new Command.Policy("ws2", 1, Who.NONE, null, null)), commands);
        problem(send("/hosts/ws2/policy", "{\"imports\":\"some\"}"), 400, "invalid", "none, owner, all");
        problem(send("/hosts/ws2/policy", "{}"), 400, "invalid", "Nothing is given");
        problem(send("/hosts/ws3/policy", "{\"imports\":\"none\"}"), 503, "silent", "ws3");
        problem(send("/hosts/ws9/policy", "{\"imports\":\"none\"}"), 404, "unknown-host", "ws9");
    }

    @Test
    void aRealOwnerIsNotPlayed() throws Exception {
        problem(send("/hosts/ws2/owner", "{\"there\":true}"), 409, "real-owner", "ws2");
        problem(send("/hosts/ws2/owner", "{}"), 400, "invalid", "owner is there");
        assertEquals(List.of(), asked);
    }

    @Test
    void whyIsAnsweredForEveryHostAndMove() throws Exception {
        move("count", "ws2");
        read("/processes/count/why")
                .andExpect(jsonPath("$.now").value(containsString("it stays where somebody puts it")))
                .andExpect(jsonPath("$.hosts[0].why").value("it is there"))
                .andExpect(jsonPath("$.hosts[1].why").value(containsString("idle for 60 s")))
                .andExpect(jsonPath("$.hosts[2].why").value(containsString("not been heard of")))
                .andExpect(jsonPath("$.moves[0].reason").value("OPERATOR"));
        read("/processes/gone/why").andExpect(jsonPath("$.now").value("it has ended"));
    }

    @Test
    void statsCount() throws Exception {
        read("/stats")
                .andExpect(jsonPath("$.hosts").value(3))
                .andExpect(jsonPath("$.available").value(2))
                .andExpect(jsonPath("$.processes").value(1))
                .andExpect(jsonPath("$.idleCores").value(4.0));
    }

    @Test
    void processesAreFoundByIdAndByNameTheLivingFirst() throws Exception {
        read("/processes").andExpect(jsonPath("$.length()").value(1));
        read("/processes?all=true").andExpect(jsonPath("$.length()").value(3));
        read("/processes/count").andExpect(jsonPath("$.process").value("p-1"));
        read("/processes/p-0").andExpect(jsonPath("$.exitStatus").value(7));
        read("/processes/gone?wait=60").andExpect(jsonPath("$.exitStatus").value(3));
        problem(read("/processes/none"), 404, "unknown-process", "Running: count");
        problem(read("/processes/count?wait=-1"), 400, "invalid", "negative");
    }

    @Test
    void aProcessIsStarted() throws Exception {
        send("/processes", "{\"home\":\"ws1\",\"name\":\"gone\",\"command\":[\"sleep\",\"9\"],\"env\":{\"A\":\"b\"}}")
                .andExpect(status().isCreated())
                .andExpect(header().string("Location", containsString("/api/v1/processes/p-")))
                .andExpect(jsonPath("$.name").value("gone"))
                .andExpect(jsonPath("$.state").value("RUNNING"));
        Request.Run run = (Request.Run) asked.getFirst();
        assertEquals("mig", run.who());
        assertEquals(
                new Request.Launch("gone", List.of("sleep", "9"), Map.of("A", "b"), "/home/tomte", 1000), run.launch());
        send("/processes", "{\"home\":\"ws1\",\"command\":[\"/bin/Sleep\"]}")
                .andExpect(jsonPath("$.name").value(org.hamcrest.Matchers.matchesPattern("sleep-[a-z0-9]{5}")));
    }

    @Test
    void whatCannotBeStartedIsAProblem() throws Exception {
        problem(
                send("/processes", "{\"home\":\"ws1\",\"name\":\"count\",\"command\":[\"sh\"]}"),
                409,
                "name-taken",
                "taken by p-1");
        problem(send("/processes", "{\"home\":\"ws9\",\"command\":[\"sh\"]}"), 404, "unknown-host", "'ws9'");
        problem(send("/processes", "{\"home\":\"ws3\",\"command\":[\"sh\"]}"), 503, "silent", "ws3");
        problem(send("/processes", "{\"home\":\"ws1\",\"command\":[]}"), 400, "invalid", "No command");
        problem(send("/processes", "{\"command\":[\"sh\"]}"), 400, "invalid", "No home");
        problem(
                send("/processes", "{\"home\":\"ws1\",\"name\":\"A b\",\"command\":[\"sh\"]}"),
                400,
                "invalid",
                "'A b' is not a name");
        problem(
                send("/processes", "{\"home\":\"ws1\",\"command\":[\"sh\"],\"cwd\":\"tmp\"}"),
                400,
                "invalid",
                "not absolute");
        problem(
                send("/processes", "{\"home\":\"ws1\",\"command\":[\"sh\"],\"env\":{\"A=\":\"\"}}"),
                400,
                "invalid",
                "'A='");
        problem(send("/processes", "{\"home\":\"ws1\",\"command\":[\"a\\u0000b\"]}"), 400, "invalid", "NUL character");
        problem(send("/processes", "{\"home\":"), 400, "invalid", "The body cannot be read");
        problem(send("/processes", "{\"home\":\"ws1\",\"uid\":\"x\"}"), 400, "invalid", "The body cannot be read");
        assertEquals(List.of(), asked);
    }

    @Test
    void aProcessIsMoved() throws Exception {
        send("/migrations", "{\"process\":\"count\",\"target\":\"ws2\"}")
                .andExpect(status().isAccepted())
                .andExpect(header().string("Location", containsString("/api/v1/migrations/m-")))
                .andExpect(jsonPath("$.state").value("PLACED"))
                .andExpect(jsonPath("$.source").value("ws1"))
                .andExpect(jsonPath("$.target").value("ws2"))
                .andExpect(jsonPath("$.token").doesNotExist());
        String id = ((Request.Migrate) asked.getFirst()).migration();
        read("/migrations").andExpect(jsonPath("$[0].id").value(id));
        read("/migrations?process=count").andExpect(jsonPath("$.length()").value(1));
        read("/migrations/" + id + "?wait=60&after=REQUESTED")
                .andExpect(jsonPath("$.ended").value(false));
        problem(send("/migrations", "{\"process\":\"count\",\"target\":\"ws2\"}"), 409, "moving", id);
        assertEquals(1, asked.size());
    }

    @Test
    void whatCannotBeMovedIsAProblem() throws Exception {
        problem(move("none", "ws2"), 404, "unknown-process", "Running: count");
        problem(move("count", "ws9"), 404, "unknown-host", "Known: ws1, ws2");
        problem(move("gone", "ws2"), 409, "ended", "exit status 3");
        problem(move("count", "home"), 409, "already-there", "ws1 is its home");
        problem(move("count", "ws1"), 409, "already-there", "it runs there already");
        problem(move("count", "ws3"), 503, "silent", "ws3");
        view.take(Fleets.policy(Fleets.host("ws4", NOW), policy -> policy.withImports(Who.NONE)));
        problem(move("count", "ws4"), 409, "policy", "ws4 imports none");
        problem(send("/migrations", "{\"process\":\"count\"}"), 400, "invalid", "No target");
        problem(send("/migrations", "{\"target\":\"ws2\"}"), 400, "invalid", "No process");
        problem(read("/migrations/m-none"), 404, "unknown-migration", "m-none");
        problem(read("/migrations/m-none?after=NEVER"), 400, "invalid", "NEVER");
        assertEquals(List.of(), asked);
    }

    @Test
    void whatAnotherReplicaHasAnsweredIsKnownHere() throws Exception {
        news = () -> view.take(Fleets.running("p-2", "fresh", "ws1", 1, NOW));
        read("/processes/p-2").andExpect(status().isOk());
        news = null;
        problem(read("/processes/p-3"), 503, "silent", "the broker does not say");
    }

    private ResultActions move(String process, String target) throws Exception {
        return send("/migrations", "{\"process\":\"%s\",\"target\":\"%s\"}".formatted(process, target));
    }

    @Test
    void whatTheOwnerRefusesIsAProblemToo() throws Exception {
        // between the door and the owner of the partition another's move has begun
        Request other = Fleets.migrate("m-other", "ws2", Reason.OPERATOR, NOW);
        Fleet late = new Fleet(
                view,
                () -> true,
                this::catchUp,
                new Outbox() {
                    private final Directly direct = new Directly();

                    @Override
                    public void ask(Request request) {
                        direct.ask(other);
                        direct.ask(request);
                    }

                    @Override
                    public void journal(Migration entry) {}

                    @Override
                    public void forget(String migration) {}

                    @Override
                    public void command(Command command) {}

                    @Override
                    public void answer(Outcome outcome) {}

                    @Override
                    public void flush() {}
                },
                Clock.fixed(NOW, ZoneOffset.UTC),
                doorkeeper,
                Access.byCertificate());
        MockMvc beside = MockMvcBuilders.standaloneSetup(new MigrationsController(late))
                .setControllerAdvice(new Problems())
                .build();
        problem(
                beside.perform(post(V1 + "/migrations")
                        .principal(MIG)
                        .contentType(MediaType.APPLICATION_JSON)
                        .content("{\"process\":\"count\",\"target\":\"ws2\"}")),
                409,
                "refused",
                "m-other");
        assertEquals(MoveState.PLACED, view.migration("m-other").orElseThrow().state());
    }

    @Test
    void aProcessIsSignalled() throws Exception {
        send("/processes/count/signal", "{\"signal\":\"TERM\"}").andExpect(status().isAccepted());
        send("/processes/count/signal", "{\"signal\":9}").andExpect(status().isAccepted());
        assertEquals(
                List.of(new Command.Signal("ws1", "p-1", 1, 15), new Command.Signal("ws1", "p-1", 1, 9)), commands);
        problem(send("/processes/count/signal", "{\"signal\":\"65\"}"), 400, "invalid", "'65' is not a signal");
        problem(send("/processes/count/signal", "{}"), 400, "invalid", "No signal");
        problem(send("/processes/gone/signal", "{\"signal\":\"HUP\"}"), 409, "ended", "exit status 3");
    }

    @Test
    void nothingIsAnsweredBeforeTheTopicsHaveBeenRead() throws Exception {
        isReady = false;
        problem(read("/hosts"), 503, "not-ready", "other replica");
        problem(read("/processes/count"), 503, "not-ready", "other replica");
        problem(move("count", "ws2"), 503, "not-ready", "other replica");
    }
}
