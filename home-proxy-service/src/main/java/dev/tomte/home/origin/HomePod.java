package dev.tomte.home.origin;

import dev.tomte.home.Keeper;
import java.util.List;

/**
 * A home pod on this host, as far as its files are concerned.
 *
 * @param stubPid the stub's process id as this JVM sees it; its root directory is what sessions serve
 * @param uid the user that the process runs as; requests in another user's name are refused
 * @param gid its group
 * @param groups its supplementary groups
 * @param keeper the home stub's descriptor store
 */
public record HomePod(int stubPid, int uid, int gid, List<Integer> groups, Keeper keeper) {
    public HomePod {
        if (stubPid <= 0) throw new IllegalArgumentException("not a process id: " + stubPid);
        if (uid < 0 || gid < 0) throw new IllegalArgumentException("not a user or group: " + uid + ":" + gid);
        groups = List.copyOf(groups);
    }
}
