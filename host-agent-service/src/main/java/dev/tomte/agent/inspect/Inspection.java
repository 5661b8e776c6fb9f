package dev.tomte.agent.inspect;

import dev.tomte.linux.Cgroup;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A look at every process of a running tree. It goes on running meanwhile: what has gone while one looks is no obstacle,
 * and what comes afterwards is found by the dump.
 */
public final class Inspection {
    /** More would only fill the message. */
    private static final int ENOUGH = 5;

    private Inspection() {}

    /** What keeps the tree from being moved, each naming process, descriptor and thing. */
    public static List<String> obstacles(Cgroup tree) throws IOException {
        List<String> obstacles = new ArrayList<>();
        for (int pid : tree.processes()) {
            inspect(new ProcFs(pid), obstacles);
            if (obstacles.size() >= ENOUGH) return obstacles.subList(0, ENOUGH);
        }
        return obstacles;
    }

    private static void inspect(ProcFs process, List<String> obstacles) {
        String name = process.name().orElse("");
        int inside = process.innermostPid().orElse(0);
        // Without a name or a PID it has ended.
        if (name.isEmpty() || inside == 0) return;
        String who = "process " + inside + " (" + name + ")";
        process.status("TracerPid")
                .filter(tracer -> !tracer.equals("0"))
                .ifPresent(tracer -> obstacles.add(who + " is traced by process " + tracer + " of the host"));
        if (process.hasTerminal()) obstacles.add(who + " has a terminal");
        for (int fd : process.descriptors()) {
            String target = process.link("fd/" + fd).orElse("");
            if (target.isEmpty()) continue;
            Descriptor.obstacle(process, target)
                    .filter(what -> process.link("fd/" + fd).orElse("").equals(target))
                    .ifPresent(what -> obstacles.add(who + " has " + what + " open as descriptor " + fd));
        }
    }
}
