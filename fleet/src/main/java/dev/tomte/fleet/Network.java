package dev.tomte.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A bridge in the machine's own network namespace, and a namespace with one cable to it for each host. */
final class Network {
    private static final Path NAMESPACES = Path.of("/run/netns");

    private final Layout layout;

    Network(Layout layout) {
        this.layout = layout;
    }

    /** Makes what is not there yet. */
    void up(List<String> hosts) {
        refuseCollision();
        if (!exists(layout.bridge())) Tool.run("ip", "link", "add", layout.bridge(), "type", "bridge");
        // no wait for a spanning tree's forward delay
        Tool.run("ip", "link", "set", layout.bridge(), "type", "bridge", "stp_state", "0", "forward_delay", "0");
        Tool.run("ip", "addr", "replace", layout.bridgeAddress() + "/24", "dev", layout.bridge());
        Tool.run("ip", "link", "set", layout.bridge(), "up");
        for (int i = 0; i < hosts.size(); i++) plugIn(hosts.get(i), i);
    }

    private void plugIn(String host, int index) {
        String namespace = layout.namespace(host);
        String cable = layout.cable(index);
        if (!Files.exists(NAMESPACES.resolve(namespace))) Tool.run("ip", "netns", "add", namespace);
        if (!exists(cable))
            Tool.run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", namespace);
        Tool.run("ip", "link", "set", cable, "master", layout.bridge(), "up");
        Tool.run("ip", "-n", namespace, "link", "set", "lo", "up");
        Tool.run("ip", "-n", namespace, "addr", "replace", layout.hostAddress(index) + "/24", "dev", "eth0");
        Tool.run("ip", "-n", namespace, "link", "set", "eth0", "up");
    }

    private static boolean exists(String device) {
        return Files.exists(Path.of("/sys/class/net", device));
    }

    private void refuseCollision() {
        try {
            for (NetworkInterface device : NetworkInterface.networkInterfaces().toList())
                for (InterfaceAddress address : device.getInterfaceAddresses())
                    if (!device.getName().equals(layout.bridge())
                            && address.getAddress().getHostAddress().startsWith(layout.subnet() + "."))
                        throw new FleetException(
                                "the fleet '%s' needs %s.0/24, but %s has %s there already; name the fleet otherwise (TOMTE_FLEET)"
                                        .formatted(
                                                layout.name(),
                                                layout.subnet(),
                                                device.getName(),
                                                address.getAddress().getHostAddress()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes away all that bears this fleet's names, whoever made it. */
    void down() {
        for (String namespace : namespaces()) Tool.attempt("ip", "netns", "del", namespace);
        for (String device : devices()) Tool.attempt("ip", "link", "del", device);
    }

    List<String> namespaces() {
        if (!Files.isDirectory(NAMESPACES)) return List.of();
        try (Stream<Path> all = Files.list(NAMESPACES)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(layout.namespacePrefix()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> devices() {
        try (Stream<Path> all = Files.list(Path.of("/sys/class/net"))) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> name.equals(layout.bridge()) || name.startsWith(layout.cablePrefix()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
