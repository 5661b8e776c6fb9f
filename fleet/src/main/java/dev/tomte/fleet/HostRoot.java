package dev.tomte.fleet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * A host's root file system: this machine's, below a layer of the host's own, with the user {@code tomte} (uid 1000).
 * What a host's processes write is in {@code upper}, and stays there when the fleet is down.
 */
record HostRoot(Path directory) {
    private static final int UID = 1000;

    Path root() {
        return directory.resolve("root");
    }

    void up() throws IOException {
        for (String part : List.of("upper", "work", "root")) Files.createDirectories(directory.resolve(part));
        Files.setPosixFilePermissions(directory.resolve("upper"), PosixFilePermissions.fromString("rwxr-xr-x"));
        if (!Mounts.isMounted(root()))
            Tool.run(
                    "mount",
                    "-t",
                    "overlay",
                    "-o",
                    "lowerdir=/,upperdir=" + directory.resolve("upper") + ",workdir=" + directory.resolve("work"),
                    "tomte",
                    root().toString());
        account();
    }

    /** The first line with an id gives it its name, so this one goes first. */
    private void account() throws IOException {
        first(root().resolve("etc/passwd"), "tomte", "tomte:x:%d:%d:Tomte:/home/tomte:/bin/sh".formatted(UID, UID));
        first(root().resolve("etc/group"), "tomte", "tomte:x:%d:".formatted(UID));
        Path home = root().resolve("home/tomte");
        Files.createDirectories(home);
        Files.setAttribute(home, "unix:uid", UID);
        Files.setAttribute(home, "unix:gid", UID);
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path tmp = root().resolve("tmp");
        Files.createDirectories(tmp);
        Files.setAttribute(tmp, "unix:mode", 01777);
    }

    private static void first(Path file, String name, String line) throws IOException {
        List<String> lines =
                new ArrayList<>(Files.exists(file) ? Files.readAllLines(file, StandardCharsets.ISO_8859_1) : List.of());
        if (!lines.isEmpty() && lines.getFirst().equals(line)) return;
        lines.removeIf(other -> other.startsWith(name + ":"));
        lines.addFirst(line);
        Files.write(file, lines, StandardCharsets.ISO_8859_1);
    }
}
