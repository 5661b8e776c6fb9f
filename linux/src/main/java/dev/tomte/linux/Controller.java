package dev.tomte.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A controller of cgroups (cgroups(7)), where the kernel has it: in the v2 hierarchy, or in a v1 one beside it.
 *
 * @param name cpu, memory
 * @param mount of the hierarchy
 * @param isV2 whether that is the v2 one, in which parents hand it down
 */
public record Controller(String name, Path mount, boolean isV2) {
    /** Empty where the kernel has none that could be used. */
    public static Optional<Controller> find(String name) throws IOException {
        return find(name, Files.readAllLines(Path.of("/proc/self/mountinfo")));
    }

    static Optional<Controller> find(String name, List<String> mounts) throws IOException {
        for (String line : mounts) {
            List<String> fields = List.of(line.split(" "));
            int dash = fields.indexOf("-");
            if (dash < 5 || dash + 3 >= fields.size()) continue;
            Path mount = Path.of(fields.get(4));
            String type = fields.get(dash + 1);
            if (type.equals("cgroup2") && handsDown(mount, name)) return Optional.of(new Controller(name, mount, true));
            List<String> options = List.of(fields.get(dash + 3).split(","));
            if (type.equals("cgroup") && options.contains(name)) return Optional.of(new Controller(name, mount, false));
        }
        return Optional.empty();
    }

    private static boolean handsDown(Path mount, String name) throws IOException {
        Path controllers = mount.resolve("cgroup.controllers");
        return Files.exists(controllers)
                && List.of(Files.readString(controllers).strip().split(" ")).contains(name);
    }

    /** v2: has each cgroup from the hierarchy's root down to this one hand the controller to its children. */
    public void enable(Path cgroup) throws IOException {
        if (!isV2) throw new IllegalStateException(name + " is no controller of the v2 hierarchy");
        List<Path> down = new ArrayList<>();
        for (Path at = cgroup; at != null && at.startsWith(mount); at = at.getParent()) down.addFirst(at);
        for (Path at : down)
            Files.writeString(at.resolve("cgroup.subtree_control"), "+" + name, StandardOpenOption.WRITE);
    }
}
