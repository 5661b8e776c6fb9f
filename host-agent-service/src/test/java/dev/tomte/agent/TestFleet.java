package dev.tomte.agent;

import dev.tomte.agent.peer.Certificates;
import dev.tomte.agent.peer.Peers;
import dev.tomte.agent.peer.TestAuthority;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.TestHost;
import dev.tomte.agent.process.Neighbours.Neighbour;
import dev.tomte.agent.process.PeerNeighbours;
import dev.tomte.bus.Connection;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Peer;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Controller;
import dev.tomte.wire.Holding;
import dev.tomte.wire.ProcessKey;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.IntStream;

/** Hosts with their agents, without a broker. */
final class TestFleet implements AutoCloseable {
    static final Launch COUNT =
            launch("sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; echo $i >> count.txt; sleep 0.02; done");

    private static final Map<String, String> QUICK = Map.of(
            "input-quiet", "2s",
            "input-busy", "1s",
            "strain-quiet", "0s",
            "hold-shortest", "0s",
            // this machine tests other things at the same time
            "load-quiet", "1000",
            "load-busy", "1000",
            "cpu-stall-quiet", "100%",
            "cpu-stall-busy", "100%",
            "memory-stall-quiet", "100%",
            "memory-stall-busy", "100%");

    private final Said said = new Said();
    private final Map<String, TestHost> hosts = new LinkedHashMap<>();
    private final Map<String, HostConfig> configs = new LinkedHashMap<>();
    private final Map<String, Agent> agents = new LinkedHashMap<>();
    private final boolean apart;
    private long generation;

    /** As a test sees it: in this JVM, or in one of its own. */
    interface Agent extends AutoCloseable {
        void take(Command command);

        @Override
        void close();
    }

    /** @param apart whether each agent has a JVM of its own, and is killed instead of stopped */
    TestFleet(boolean apart, String... names) throws IOException {
        this.apart = apart;
        int agentPort = freePort();
        int originPort = freePort();
        int imagesPort = freePort();
        try {
            for (String name : names) hosts.put(name, new TestHost(name));
            TestAuthority authority =
                    new TestAuthority(known(hosts, names[0]).directory().resolve("authority"));
            for (String name : names) {
                TestHost host = known(hosts, name);
                String address = "127.0.0." + (2 + configs.size());
                Path certificates = host.directory().resolve("certificates");
                authority.issue(certificates, name, Peer.Role.HOST, Duration.ofHours(1));
                configs.put(
                        name,
                        new HostConfig(
                                name,
                                "test",
                                address,
                                agentPort,
                                originPort,
                                imagesPort,
                                0,
                                host.root(),
                                host.host().run(),
                                host.directory().resolve("state"),
                                TestHost.tools(),
                                new Identity(certificates),
                                Connection.own("nobody:9093", new Identity(certificates)),
                                Cgroup.mount()
                                        .relativize(host.host().cgroup().directory())
                                        .toString(),
                                0,
                                sharing(host),
                                HostConfig.Driver.FLEET,
                                "",
                                Optional.empty(),
                                Set.of()));
                agents.put(name, start(name));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Free on all addresses, and below the range from which the kernel gives connections their ports meanwhile. */
    private static int freePort() throws IOException {
        SecureRandom random = new SecureRandom();
        for (int left = 1000; ; left--) {
            try (ServerSocket socket = new ServerSocket(20_000 + random.nextInt(10_000))) {
                return socket.getLocalPort();
            } catch (BindException e) {
                if (left == 0) throw e;
            }
        }
    }

    private Agent start(String name) throws IOException {
        HostConfig config = known(configs, name);
        if (apart) {
            Path directory = known(hosts, name).directory();
            return new KilledAgent(written(config, directory.resolve("config")), directory.resolve("agent.log"), said);
        }
        HostAgent agent = new HostAgent(config, config.sharing()::policy, Driver.fleet(config), said);
        return new Agent() {
            @Override
            public void take(Command command) {
                agent.take(command);
            }

            @Override
            public void close() {
                agent.close();
            }
        };
    }

    private static Path written(HostConfig config, Path file) throws IOException {
        return Files.writeString(file, """
                tomte.host=%s
                tomte.fleet=%s
                tomte.address=%s
                tomte.agent.port=%d
                tomte.origin.port=%d
                tomte.images.port=%d
                tomte.root=%s
                tomte.run=%s
                tomte.state=%s
                tomte.tools=%s
                tomte.certificates=%s
                tomte.kafka.servers=nobody:9093
                tomte.cgroup=%s
                tomte.owner.played=%s
                """.formatted(
                        config.host(),
                        config.fleet(),
                        config.address(),
                        config.agentPort(),
                        config.originPort(),
                        config.imagesPort(),
                        config.root(),
                        config.run(),
                        config.state(),
                        config.tools(),
                        config.identity().directory(),
                        config.cgroup(),
                        config.sharing().played().orElseThrow().directory()));
    }

    /** Idle after a second, and with an owner who is played. */
    private static SharingConfig sharing(TestHost host) {
        Properties all = new Properties();
        QUICK.forEach((key, value) -> all.setProperty("tomte.idle." + key, value));
        all.setProperty("tomte.owner.played", host.host().run().resolve("owner").toString());
        return SharingConfig.of(all);
    }

    /** The owner comes, or goes. */
    void play(String host, boolean there) {
        agent(host).take(new Command.Play(host, ++generation, there));
    }

    /** Agents in JVMs of their own take a while. */
    void awaitUp() throws IOException, InterruptedException {
        for (Agent agent : agents.values()) if (agent instanceof KilledAgent child) child.awaitUp();
    }

    Path run(String host) {
        return known(configs, host).run();
    }

    /** Where the CPU share of the only pod of a host is told; of a host without pods: where those of its pods will be. */
    Optional<Path> cpu(String host) throws IOException {
        Optional<Controller> cpu = Controller.find("cpu");
        if (cpu.isEmpty()) return Optional.empty();
        TestHost here = known(hosts, host);
        List<Pod> pods = here.pods().find();
        if (!pods.isEmpty()) return Optional.ofNullable(pods.getFirst().cpu().cgroup());
        return Optional.of(
                cpu.get().isV2()
                        ? here.host().cgroup().directory()
                        : cpu.get().mount().resolve(here.directory().getFileName() + "/guests"));
    }

    Said said() {
        return said;
    }

    Agent agent(String host) {
        return known(agents, host);
    }

    Path root(String host) {
        return known(hosts, host).root();
    }

    Path log(String host, String process) {
        return known(configs, host).state().resolve("logs/" + process + ".log");
    }

    MovePlan plan(ProcessStatus status, String from, String to, long epoch) {
        return new MovePlan(
                Names.fresh("m"),
                status.process(),
                status.incarnation(),
                epoch,
                status.home(),
                from,
                to,
                known(configs, status.home()).address(),
                known(configs, from).address(),
                known(configs, to).address(),
                "token",
                Instant.now().plusSeconds(60));
    }

    static Launch launch(String... command) {
        return new Launch("count", List.of(command), Map.of(), "/home/tomte", 1000);
    }

    /** Starts it at ws1. */
    ProcessStatus start(String process, Launch launch) throws InterruptedException {
        agent("ws1").take(new Command.Start("ws1", process, ++generation, launch));
        return said.awaitStatus(process, status -> true);
    }

    /** What a host answers when the home asks what it has of a process. */
    Holding ask(String host, ProcessStatus status, long epoch) throws IOException {
        HostConfig home = known(configs, status.home());
        try (Peers peers = new Peers(new Certificates(home.identity().directory()))) {
            return new PeerNeighbours(peers, home.agentPort())
                    .ask(
                            new Neighbour(host, known(configs, host).address()),
                            ProcessKey.newBuilder()
                                    .setProcess(status.process())
                                    .setIncarnation(status.incarnation())
                                    .setEpoch(epoch)
                                    .build());
        }
    }

    void signal(String process, int signal) {
        agent("ws1").take(new Command.Signal("ws1", process, ++generation, signal));
    }

    /** Begins a move whose room has been made. */
    MovePlan begin(ProcessStatus status, String from, String to, long epoch, Launch launch)
            throws InterruptedException {
        MovePlan plan = plan(status, from, to, epoch);
        agent("ws1").take(new Command.Expect("ws1", ++generation, plan));
        agent(to).take(new Command.Prepare(to, generation, plan, launch, 0));
        Outcome prepared = said.awaitOutcome(plan, MoveState.PREPARED, MoveState.REFUSED);
        if (prepared.state() != MoveState.PREPARED) throw new AssertionError(prepared.message());
        agent(from).take(new Command.Move(from, generation, plan));
        return plan;
    }

    Outcome end(MovePlan plan) throws InterruptedException {
        return said.awaitOutcome(plan, MoveState.SETTLED, MoveState.REFUSED, MoveState.ROLLED_BACK, MoveState.LOST);
    }

    Outcome move(ProcessStatus status, String from, String to, long epoch, Launch launch) throws InterruptedException {
        return end(begin(status, from, to, epoch, launch));
    }

    void awaitGrowth(String process) throws IOException, InterruptedException {
        int now = lines(process).size();
        while (lines(process).size() < now + 5) Thread.sleep(5);
    }

    /** What its home has of its output. */
    List<String> lines(String process) throws IOException {
        return Files.readAllLines(log("ws1", process));
    }

    static List<String> numbers(int upto) {
        return IntStream.rangeClosed(1, upto).mapToObj(Integer::toString).toList();
    }

    /** The agent ends, with nothing of its memory left, and another one begins. */
    void restart(String host) throws IOException {
        known(agents, host).close();
        said.forgetAll();
        agents.put(host, start(host));
    }

    /** All that is in the host's memory goes; the agent begins with what is on its disk. */
    void reboot(String host) throws IOException {
        known(agents, host).close();
        TestHost machine = known(hosts, host);
        for (Pod pod : machine.pods().find()) machine.pods().remove(pod);
        said.forgetAll();
        agents.put(host, start(host));
    }

    /** Waits until all pods are removed. */
    void awaitNoPods() throws Exception {
        for (TestHost host : hosts.values()) while (hasPods(host)) Thread.sleep(5);
    }

    private static boolean hasPods(TestHost host) throws IOException {
        try (DirectoryStream<Path> pods = Files.newDirectoryStream(host.host().pods())) {
            return pods.iterator().hasNext();
        }
    }

    @Override
    public void close() throws IOException {
        for (Agent agent : agents.values()) agent.close();
        for (TestHost host : hosts.values()) host.close();
    }

    private static <T> T known(Map<String, T> all, String host) {
        T one = all.get(host);
        if (one == null) throw new IllegalArgumentException("no host " + host);
        return one;
    }
}
