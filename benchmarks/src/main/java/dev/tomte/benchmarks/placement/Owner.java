package dev.tomte.benchmarks.placement;

import java.util.Random;

/**
 * Somebody with a workstation, who uses it and leaves it. What share of the time it is idle is Sprite's own measurement
 * (Douglis and Ousterhout 1991): 66 % in the daytime of working days, 78 % otherwise; how long a stretch lasts is ours.
 */
final class Owner {
    private static final int HOUR = 3600;
    private static final int DAY = 24 * HOUR;
    private static final double IDLE_BY_DAY = 0.66;
    private static final double IDLE_OTHERWISE = 0.78;
    /** Mean seconds of a stretch of use. */
    private static final double USE_BY_DAY = 12 * 60;

    private static final double USE_OTHERWISE = 30 * 60;

    private final Random random;
    private boolean active;
    private double until;
    private double changed;

    Owner(Random random) {
        this.random = random;
        active = random.nextDouble() > IDLE_OTHERWISE;
    }

    /** @param time seconds since a Monday's midnight */
    private static boolean isDaytime(double time) {
        int day = (int) (time / DAY) % 7;
        double hour = time % DAY / HOUR;
        return day < 5 && hour >= 9 && hour < 18;
    }

    /** Whether the owner has come or gone by then. */
    boolean advance(double time) {
        if (time < until) return false;
        boolean daytime = isDaytime(time);
        double idle = daytime ? IDLE_BY_DAY : IDLE_OTHERWISE;
        double use = daytime ? USE_BY_DAY : USE_OTHERWISE;
        active = !active;
        changed = time;
        until = time + exponential(active ? use : use * idle / (1 - idle));
        return true;
    }

    double exponential(double mean) {
        return -mean * Math.log(1 - random.nextDouble());
    }

    boolean isActive() {
        return active;
    }

    /** When the owner last came or went. */
    double changed() {
        return changed;
    }
}
