package dev.tomte.idle.policy;

import java.util.Arrays;
import java.util.Locale;

/**
 * Every threshold of the policy. A pair of quiet and busy is a hysteresis: below quiet a host may become available,
 * above busy it stops to be, and in between it stays what it is.
 *
 * <p>Sources: Sprite (Douglis and Ousterhout, Transparent Process Migration, 1991), HTCondor's desktop policy (its
 * manual, "Policy Configuration": StartIdleTime, ContinueIdleTime, KeyboardBusy, BackgroundLoad, HighLoad), BOINC's
 * default preferences (idle_time_to_run, suspend_cpu_usage).
 */
public enum Setting {
    /** Without input for so long the owner is away. Default: Sprite's 30 s; HTCondor waits 15 min, BOINC 3 min. */
    INPUT_QUIET(Unit.SECONDS, 30),
    /**
     * Input more recent than this means that the owner is back, and so does any since the host became available.
     * HTCondor's KeyboardBusy is 60 s, which must cover its slow polling; 10 s cover the 8 s to which the kernel rounds a
     * terminal's last use, and ours are told at once.
     */
    INPUT_BUSY(Unit.SECONDS, 10),
    /**
     * The owner's processor use at which the host may become available. Floor: HTCondor's BackgroundLoad, 0.3. On a
     * workstation 10 % of the cores where that is more, so that big hosts forgive their daemons; on a server BOINC's
     * 25 %. Sprite wanted a low run queue.
     */
    LOAD_QUIET(Unit.CORES, 0.3, 0.10, 0.25),
    /**
     * The owner's processor use above which the host is the owner's. Floor: HTCondor's HighLoad, 0.5. On a workstation
     * BOINC's 25 % of the cores where that is more; on a server twice that.
     */
    LOAD_BUSY(Unit.CORES, 0.5, 0.25, 0.50),
    /** Time that the owner's tasks waited for a processor, at most, to become available. Ours. */
    CPU_STALL_QUIET(Unit.SHARE, 0.05),
    /** Above it guests are in the way. Ours; far below the 60 % at which systemd-oomd kills for memory. */
    CPU_STALL_BUSY(Unit.SHARE, 0.20),
    /** Time that the owner's tasks waited for memory, at most, to become available. Ours. */
    MEMORY_STALL_QUIET(Unit.SHARE, 0.01),
    /** Above it the host thrashes. Ours; a sixth of systemd-oomd's default limit of 60 %. */
    MEMORY_STALL_BUSY(Unit.SHARE, 0.10),
    /** Memory left at which the host may become available. Ours. */
    MEMORY_QUIET(Unit.BYTES, 512 * 0x1p20),
    /** Memory left below which guests must go. Ours. */
    MEMORY_BUSY(Unit.BYTES, 256 * 0x1p20),
    /** Load, pressure and memory must have been quiet for so long. Sprite's 30 s, which it asked of input. */
    STRAIN_QUIET(Unit.SECONDS, 30),
    /**
     * Load, pressure or memory must have been short for so long before guests go. HTCondor waits 2 min (CpuBusyTime);
     * our guests have the lowest weight and leave without losing work, so 10 s, twice the time averaged over.
     */
    STRAIN_BUSY(Unit.SECONDS, 10),
    /** A host that was taken back stays so at least so long. Sprite's 30 s. */
    HOLD_SHORTEST(Unit.SECONDS, 30),
    /** Each return that comes too soon doubles the hold, up to this. HTCondor's StartIdleTime, 15 min. */
    HOLD_LONGEST(Unit.SECONDS, 15 * 60),
    /** A host that was available for so long before its owner's return was no flap. HTCondor's ContinueIdleTime. */
    RESTFUL(Unit.SECONDS, 5 * 60),
    /** A reading older than this is none. Three missed tellings, as for a host that falls silent. */
    STALE(Unit.SECONDS, dev.tomte.contracts.Availability.STALE_SECONDS);

    private final Unit unit;
    private final double least;
    private final double workstationShare;
    private final double serverShare;

    Setting(Unit unit, double standard) {
        this(unit, standard, 0, 0);
    }

    /** The default is a share of the host's cores, and never less than {@code least}. */
    Setting(Unit unit, double least, double workstationShare, double serverShare) {
        this.unit = unit;
        this.least = least;
        this.workstationShare = workstationShare;
        this.serverShare = serverShare;
    }

    public Unit unit() {
        return unit;
    }

    /** As it stands in a configuration: "input-quiet". */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException if there is none of that key */
    public static Setting of(String key) {
        return Arrays.stream(values())
                .filter(setting -> setting.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no setting '%s'; there are %s"
                        .formatted(
                                key, Arrays.stream(values()).map(Setting::key).toList())));
    }

    /** In the setting's {@link #unit}: seconds, cores, a share from 0 to 1, bytes. */
    public double standard(Profile profile, int cores) {
        return switch (profile) {
            case WORKSTATION -> Math.max(least, cores * workstationShare);
            case SERVER -> Math.max(least, cores * serverShare);
        };
    }
}
