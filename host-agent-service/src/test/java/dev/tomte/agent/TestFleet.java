package dev.tomte.agent;

import dev.tomte.agent.peer.TestAuthority;
import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.linux.Cgroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Hosts with their agents, without a broker. */
final class TestFleet implements AutoCloseable {
    private final Said said = new Said();
    private final TestAuthority authority = new TestAuthority();
    private final Map<String, TestHost> hosts = new LinkedHashMap<>();
    private final Map<String, HostConfig> configs = new LinkedHashMap<>();
    private final Map<String, HostAgent> agents = new LinkedHashMap<>();

    TestFleet(String... names) throws IOException {
        int agentPort = freePort();
        int originPort = freePort();
        try {
            for (String name : names) {
                TestHost host = new TestHost(name);
                hosts.put(name, host);
                String address = "127.0.0." + (1 + hosts.size());
                Path certificates = host.directory().resolve("certificates");
                authority.issue(certificates, name, "host", Duration.ofHours(1));
                configs.put(
                        name,
                        new HostConfig(
                                name,
                                "test",
                                address,
                                agentPort,
                                originPort,
                                host.root(),
                                host.host().run(),
                                host.directory().resolve("state"),
                                TestHost.tools(),
                                new Identity(certificates),
                                "",
                                Cgroup.mount()
                                        .relativize(host.host().cgroup().directory())
                                        .toString(),
                                0,
                                Set.of()));
                agents.put(name, new HostAgent(known(configs, name), said));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** One that is free on all addresses of the loopback. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 0));
            return socket.getLocalPort();
        }
    }

    Said said() {
        return said;
    }

    HostAgent agent(String host) {
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

    /** The agent ends, with nothing of its memory left, and another one begins. */
    void restart(String host) throws IOException {
        said.forgetAll();
        known(agents, host).close();
        agents.put(host, new HostAgent(known(configs, host), said));
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
        for (HostAgent agent : agents.values()) agent.close();
        for (TestHost host : hosts.values()) host.close();
    }

    private static <T> T known(Map<String, T> all, String host) {
        T one = all.get(host);
        if (one == null) throw new IllegalArgumentException("no host " + host);
        return one;
    }
}
