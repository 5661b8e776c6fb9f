package dev.tomte.agent.inspect;

import dev.tomte.linux.ProcFs;
import java.util.List;
import java.util.Optional;

/** Sockets: only connected unix ones without a name move, as socketpair(2) makes them. */
final class Socket {
    private static final List<String> OTHERS =
            List.of("tcp", "tcp6", "udp", "udp6", "udplite", "icmp", "icmp6", "raw", "raw6", "packet", "netlink");
    private static final String CONNECTED = "03";

    private Socket() {}

    static Optional<String> obstacle(ProcFs process, String inode) {
        for (String line : lines(process, "unix")) {
            String[] fields = line.strip().split("\\s+", -1);
            // Num RefCount Protocol Flags Type St Inode Path
            if (fields.length < 7 || !fields[6].equals(inode)) continue;
            if (fields.length > 7) return Optional.of("the unix socket " + fields[7]);
            return fields[5].equals(CONNECTED) ? Optional.empty() : Optional.of("a unix socket that is no pair");
        }
        for (String kind : OTHERS)
            for (String line : lines(process, kind))
                if (line.contains(" " + inode + " ") || line.endsWith(" " + inode))
                    return Optional.of("a " + kind + " socket");
        return Optional.of("a socket");
    }

    private static List<String> lines(ProcFs process, String table) {
        return process.read("net/" + table)
                .map(text -> text.lines().skip(1).toList())
                .orElse(List.of());
    }
}
