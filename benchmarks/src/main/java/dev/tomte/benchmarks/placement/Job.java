package dev.tomte.benchmarks.placement;

import dev.tomte.contracts.Migration;
import java.util.ArrayList;
import java.util.List;

/** A process of the simulation: it needs so many seconds of a core, and counts what became of it. */
final class Job {
    final String id;
    final String home;
    final double begun;
    final double work;
    final long memory;
    final List<Migration> moves = new ArrayList<>();
    String holder;
    double done;
    double awaySeconds;
    double stoodStill;
    double since;

    Job(String id, String home, double begun, double work, long memory) {
        this.id = id;
        this.home = home;
        this.holder = home;
        this.begun = begun;
        this.since = begun;
        this.work = work;
        this.memory = memory;
    }

    boolean isAway() {
        return !holder.equals(home);
    }
}
