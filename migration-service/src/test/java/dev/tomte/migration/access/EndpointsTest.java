package dev.tomte.migration.access;

import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.request;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Who;
import dev.tomte.migration.Fleets;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.orchestration.Decision;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.orchestration.Orchestrator;
import dev.tomte.migration.placement.Limits;
import dev.tomte.migration.placement.Snapshots;
import dev.tomte.migration.placement.Ties;
import dev.tomte.migration.rest.CallerFilter;
import dev.tomte.migration.rest.Fleet;
import dev.tomte.migration.streams.HomeStreams;
import dev.tomte.migration.view.FleetView;
import io.grpc.InsecureChannelCredentials;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.annotation.AnnotatedBeanDefinitionReader;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.mock.web.MockServletContext;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.MvcResult;
import org.springframework.test.web.servlet.ResultActions;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.support.GenericWebApplicationContext;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.json.JsonMapper;

/** Every endpoint before one who may not see, one who may only see, and one who may do. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EndpointsTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    private static final String SEE_POD = "get pods/count in namespace default";
    private static final String SEE_HOSTS = "list nodes";
    private static final String DISPOSE = "delete pods/count in namespace default";
    private static final String READ_LOG = "get pods/count/log in namespace default";
    private static final String CHANGE_HOST = "update nodes/ws2";
    private static final String NOTHING_MORE = "";

    /**
     * @param see the permission to see it
     * @param todo the permission to do it
     */
    private record Rule(String example, String body, String see, int unseen, String todo, int done) {
        /** One that only shows. */
        private static Rule shows(String example, String see) {
            return new Rule(example, "", see, 404, NOTHING_MORE, 200);
        }

        /** A list, of which is left out what may not be seen. */
        private static Rule lists(String example, String see) {
            return new Rule(example, "", see, 200, NOTHING_MORE, 200);
        }
    }

    private static final Map<String, Rule> RULES = new TreeMap<>(Map.ofEntries(
            Map.entry("GET /api/v1/hosts", Rule.lists("/hosts", SEE_HOSTS)),
            Map.entry("GET /api/v1/hosts/{name}", Rule.shows("/hosts/ws2", SEE_HOSTS)),
            Map.entry(
                    "POST /api/v1/hosts/{name}/policy",
                    new Rule("/hosts/ws2/policy", "{\"imports\":\"none\"}", SEE_HOSTS, 404, CHANGE_HOST, 200)),
            // its owner is a person: that is said after the permission has been looked at
            Map.entry(
                    "POST /api/v1/hosts/{name}/owner",
                    new Rule("/hosts/ws2/owner", "{\"there\":true}", SEE_HOSTS, 404, CHANGE_HOST, 409)),
            Map.entry("GET /api/v1/processes", Rule.lists("/processes", SEE_POD)),
            // nobody starts a process here by a token
            Map.entry(
                    "POST /api/v1/processes",
                    new Rule(
                            "/processes",
                            "{\"home\":\"ws1\",\"name\":\"count\",\"command\":[\"sh\"]}",
                            SEE_POD,
                            403,
                            "create pods",
                            403)),
            Map.entry("GET /api/v1/processes/{process}", Rule.shows("/processes/count", SEE_POD)),
            Map.entry("GET /api/v1/processes/{process}/why", Rule.shows("/processes/count/why", SEE_POD)),
            // there is no agent that would give it
            Map.entry(
                    "GET /api/v1/processes/{process}/log",
                    new Rule("/processes/count/log", "", SEE_POD, 404, READ_LOG, 503)),
            Map.entry(
                    "POST /api/v1/processes/{process}/input",
                    new Rule("/processes/count/input?from=0", "bytes", SEE_POD, 404, DISPOSE, 503)),
            Map.entry(
                    "POST /api/v1/processes/{process}/signal",
                    new Rule("/processes/count/signal", "{\"signal\":\"TERM\"}", SEE_POD, 404, DISPOSE, 202)),
            Map.entry("GET /api/v1/migrations", Rule.lists("/migrations", SEE_POD)),
            Map.entry("GET /api/v1/migrations/{id}", Rule.shows("/migrations/m-1", SEE_POD)),
            Map.entry(
                    "POST /api/v1/migrations",
                    new Rule("/migrations", "{\"process\":\"count\",\"target\":\"home\"}", SEE_POD, 404, DISPOSE, 409)),
            Map.entry("GET /api/v1/stats", new Rule("/stats", "", SEE_HOSTS, 403, NOTHING_MORE, 200)),
            // it has a test of its own, for it goes on
            Map.entry("GET /api/v1/events", Rule.lists("/events", SEE_POD))));

    private final FleetView view = new FleetView();
    private final Doorkeeper doorkeeper = new Doorkeeper(view, Ties.NONE);
    private final Orchestrator orchestrator = new Orchestrator(1, view, doorkeeper);
    private final StandInCluster cluster = new StandInCluster();
    private final AtomicLong nanos = new AtomicLong();
    private final Access access = Access.by(cluster, nanos::get);
    private final GenericWebApplicationContext context = new GenericWebApplicationContext();
    private MockMvc mvc = context();

    @Configuration
    @EnableWebMvc
    @ComponentScan(
            basePackages = "dev.tomte.migration",
            useDefaultFilters = false,
            includeFilters = @ComponentScan.Filter({RestController.class, RestControllerAdvice.class}))
    static class Controllers {}

    private MockMvc context() {
        Fleet fleet = new Fleet(
                view, () -> true, () -> true, new Directly(), Clock.fixed(NOW, ZoneOffset.UTC), doorkeeper, access);
        context.setServletContext(new MockServletContext());
        new AnnotatedBeanDefinitionReader(context).register(Controllers.class);
        context.registerBean(Fleet.class, () -> fleet);
        context.registerBean(Snapshots.class, () -> new Snapshots(view, () -> Limits.STANDARD, Ties.NONE));
        context.registerBean(HomeStreams.class, () -> new HomeStreams(InsecureChannelCredentials.create()));
        context.refresh();
        return MockMvcBuilders.webAppContextSetup(context)
                .addFilters(new CallerFilter(new JsonMapper(), access))
                .build();
    }

    /** Brings a request to the orchestrator at once. */
    private final class Directly implements Outbox {
        @Override
        public void ask(Request request) {
            Decision decision = orchestrator.asked(request, NOW);
            decision.entries().forEach(view::take);
            decision.answers().forEach(view::take);
            decision.commands().forEach(this::command);
        }

        @Override
        public void command(Command command) {
            if (command instanceof Command.Policy policy)
                view.take(Fleets.policy(view.host(policy.host()).orElseThrow(), now -> now.withImports(Who.NONE)));
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
        for (String host : List.of("ws1", "ws2", "ws3"))
            view.take(Fleets.sharing(
                    Fleets.host(host, NOW),
                    said -> new Availability.Sharing(
                            said.cause(),
                            said.lastingMillis(),
                            said.inputIdleMillis(),
                            said.cores(),
                            said.ownerCpu(),
                            said.guestCpu(),
                            Set.of("p-1", "p-2"),
                            said.architecture(),
                            said.pool(),
                            said.policy(),
                            said.ownerPlayed())));
        view.take(Fleets.running("p-1", "count", "ws1", 1, NOW));
        view.take(in("hidden", Fleets.running("p-2", "secret", "ws1", 1, NOW)));
        view.take(in("hidden", Fleets.running("p-3", "count", "ws1", 1, NOW.plusSeconds(1))));
        for (String process : List.of("p-1", "p-2"))
            new Directly()
                    .ask(new Request.Migrate(
                            process,
                            "m-" + process.substring(2),
                            null,
                            "ws2",
                            Reason.OPERATOR,
                            "mig",
                            "a test",
                            List.of(),
                            NOW));
        cluster.user("ann", "t");
    }

    @AfterEach
    void end() {
        context.close();
    }

    private static ProcessStatus in(String namespace, ProcessStatus of) {
        return new ProcessStatus(
                of.process(),
                of.name(),
                namespace,
                of.home(),
                of.holder(),
                of.incarnation(),
                of.epoch(),
                of.state(),
                of.uid(),
                of.command(),
                of.cwd(),
                of.started(),
                of.since(),
                of.exitStatus(),
                of.cpuHomeMicros(),
                of.cpuAwayMicros(),
                of.memory(),
                of.shared(),
                of.message());
    }

    private void permit(String... permissions) {
        cluster.permitted.clear();
        cluster.permitted.addAll(List.of(permissions));
        nanos.addAndGet(Access.LIFE.toNanos());
    }

    private ResultActions ask(String method, String path, String body) throws Exception {
        return mvc.perform(request(HttpMethod.valueOf(method), "/api/v1" + path)
                .header("Authorization", "Bearer t")
                .contentType(MediaType.APPLICATION_JSON)
                .content(body));
    }

    private String read(String path) throws Exception {
        return ask("GET", path, "").andReturn().getResponse().getContentAsString();
    }

    @Test
    void aRuleCoversEveryEndpoint() {
        Set<String> endpoints = new TreeSet<>();
        context.getBean(RequestMappingHandlerMapping.class).getHandlerMethods().forEach((mapping, handler) -> {
            assertFalse(mapping.getMethodsCondition().isEmpty(), () -> handler + " answers whatever the method");
            mapping.getMethodsCondition()
                    .getMethods()
                    .forEach(method -> mapping.getPatternValues().forEach(path -> endpoints.add(method + " " + path)));
        });
        assertEquals(RULES.keySet(), endpoints);
    }

    @Test
    void everyEndpointBeforeEveryRight() throws Exception {
        for (Map.Entry<String, Rule> each : RULES.entrySet()) {
            String endpoint = each.getKey();
            if (endpoint.endsWith("/events")) continue;
            Rule rule = each.getValue();
            String method = endpoint.substring(0, endpoint.indexOf(' '));
            boolean hasMore = !rule.todo().isEmpty();

            permit();
            MvcResult blind = ask(method, rule.example(), rule.body()).andReturn();
            String shown = blind.getResponse().getContentAsString();
            assertEquals(rule.unseen(), blind.getResponse().getStatus(), endpoint + shown);
            if (rule.unseen() == 200) assertEquals("[]", shown, endpoint);
            // who may do it is not thereby one who may see it
            permit(rule.todo());
            assertEquals(
                    shown,
                    ask(method, rule.example(), rule.body())
                            .andReturn()
                            .getResponse()
                            .getContentAsString());

            permit(rule.see());
            MvcResult looking = ask(method, rule.example(), rule.body()).andReturn();
            assertEquals(hasMore ? 403 : rule.done(), looking.getResponse().getStatus(), endpoint);
            if (hasMore && rule.done() != 403)
                assertTrue(
                        looking.getResponse().getContentAsString().contains("As ann you may not " + rule.todo()),
                        endpoint + looking.getResponse().getContentAsString());

            permit(rule.see(), rule.todo());
            MvcResult done = ask(method, rule.example(), rule.body()).andReturn();
            assertEquals(
                    rule.done(),
                    done.getResponse().getStatus(),
                    endpoint + done.getResponse().getContentAsString());
        }
    }

    @Test
    void theHiddenIsAnsweredAsTheUnknown() throws Exception {
        permit(SEE_POD, DISPOSE);
        for (String path : List.of("/processes/%s", "/processes/%s/why", "/processes/%s/log", "/migrations?process=%s"))
            for (String hidden : List.of("secret", "p-2", "hidden:secret"))
                assertEquals(
                        read(path.formatted("nobody")).replace("nobody", "X"),
                        read(path.formatted(hidden)).replace(hidden, "X"));
        assertEquals(
                read("/migrations/m-9").replace("m-9", "X"),
                read("/migrations/m-2").replace("m-2", "X"));
        assertEquals(read("/hosts/ws9").replace("ws9", "X"), read("/hosts/ws2").replace("ws2", "X"));
        for (String body : List.of("{\"process\":\"%s\",\"target\":\"ws3\"}"))
            assertEquals(
                    ask("POST", "/migrations", body.formatted("nobody"))
                            .andReturn()
                            .getResponse()
                            .getContentAsString()
                            .replace("nobody", "X"),
                    ask("POST", "/migrations", body.formatted("secret"))
                            .andReturn()
                            .getResponse()
                            .getContentAsString()
                            .replace("secret", "X"));
        ask("GET", "/processes/nobody", "")
                .andExpect(jsonPath("$.detail").value("There is no process 'nobody'. Running: count"));
        permit();
        ask("GET", "/processes/nobody", "")
                .andExpect(jsonPath("$.detail").value("There is no process 'nobody'. None is running."));
    }

    @Test
    void theHiddenDoesNotStandInTheWayOfWhatHasItsName() throws Exception {
        permit(SEE_POD);
        ask("GET", "/processes/count", "").andExpect(jsonPath("$.process").value("p-1"));
        permit("get pods in namespace hidden");
        ask("GET", "/processes/count", "").andExpect(jsonPath("$.process").value("p-3"));
    }

    @Test
    void nothingOfTheHiddenIsInWhatIsShown() throws Exception {
        permit(SEE_POD, SEE_HOSTS);
        for (String path :
                List.of("/hosts", "/hosts/ws2", "/processes?all=true", "/migrations", "/processes/count/why")) {
            String shown = read(path);
            assertFalse(shown.contains("p-2") || shown.contains("secret") || shown.contains("hidden"), shown);
        }
        assertTrue(read("/hosts/ws2").contains("p-1"));
    }

    @Test
    void whoSeesNoHostsIsNotToldHowTheyStand() throws Exception {
        permit(SEE_POD);
        ask("GET", "/processes/count/why", "")
                .andExpect(jsonPath("$.hosts").isEmpty())
                .andExpect(jsonPath("$.moves[0].rejected").isEmpty());
        permit(SEE_POD, DISPOSE);
        view.take(Fleets.running("p-4", "fresh", "ws1", 1, NOW));
        permit("get pods", "delete pods/fresh in namespace default");
        ask("POST", "/migrations", "{\"process\":\"fresh\",\"target\":\"ws9\"}")
                .andExpect(jsonPath("$.detail").value("There is no host 'ws9'. None is known."));
        ask("POST", "/migrations", "{\"process\":\"fresh\",\"target\":\"ws2\"}")
                .andExpect(status().isAccepted())
                .andExpect(jsonPath("$.who").value("ann"));
    }

    @Test
    void aStreamTellsWhatMayBeSeenUntilTheTokenIsTakenBack() throws Exception {
        permit(SEE_POD);
        cluster.asked.clear();
        Thread changing = Thread.ofVirtual().start(() -> {
            try {
                // it watches before it is asked who its reader is again
                Thread.sleep(Duration.ofSeconds(1));
                view.take(in("hidden", Fleets.running("p-5", "secret-too", "ws1", 1, NOW)));
                view.take(Fleets.host("ws7", NOW));
                view.take(Fleets.running("p-1", "count", "ws2", 2, NOW));
                Thread.sleep(Duration.ofSeconds(1));
                cluster.users.clear();
                nanos.addAndGet(Access.LIFE.toNanos());
                view.take(Fleets.running("p-1", "count", "ws3", 3, NOW));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        String told = read("/events");
        changing.join();
        assertEquals(
                ": from here on\n\nevent: process\ndata: %s\n\n"
                        .formatted(Json.write(Fleets.running("p-1", "count", "ws2", 2, NOW))),
                told);
    }

    @Test
    void withoutATokenOrWithOneThatIsNobodysNothingIsDone() throws Exception {
        mvc.perform(get("/api/v1/processes"))
                .andExpect(status().isUnauthorized())
                .andExpect(header().string("WWW-Authenticate", "Bearer realm=\"tomte\""))
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
                .andExpect(jsonPath("$.type").value("urn:tomte:problem:unauthorized"));
        for (String hostile : List.of("Bearer nobodys", "Basic eA==", "Bearer x\r\ny", "Bearer " + "x".repeat(9000)))
            mvc.perform(get("/api/v1/processes").header("Authorization", hostile))
                    .andExpect(status().isUnauthorized())
                    .andExpect(header().string("WWW-Authenticate", containsString("invalid_token")));
        mvc.perform(get("/api/v1/processes").header("Authorization", "Bearer t", "Bearer t"))
                .andExpect(status().isUnauthorized());
        assertEquals(List.of("who"), cluster.asked);
    }

    @Test
    void aTokenLeadsToTheApiOnly() throws Exception {
        permit(SEE_POD, SEE_HOSTS);
        for (String path : List.of("/actuator/metrics", "/v3/api-docs", "/api/v1", "/"))
            mvc.perform(get(path).header("Authorization", "Bearer t")).andExpect(status().isForbidden());
    }

    @Test
    void nothingIsAnsweredWhileTheClusterIsSilent() throws Exception {
        permit(SEE_POD);
        cluster.isSilent = true;
        ask("GET", "/processes/count", "")
                .andExpect(status().isServiceUnavailable())
                .andExpect(jsonPath("$.type").value("urn:tomte:problem:silent"));
        cluster.isSilent = false;
        ask("GET", "/stats", "").andExpect(status().isForbidden());
        cluster.isSilent = true;
        // known still, but not what he may
        ask("GET", "/processes/count", "")
                .andExpect(status().isServiceUnavailable())
                .andExpect(jsonPath("$.type").value("urn:tomte:problem:silent"));
    }
}
