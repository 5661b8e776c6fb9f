package dev.tomte.agent.process;

import dev.tomte.contracts.ProcessStatus;
import io.prometheus.client.Counter;

/** Counts the CPU time of processes whose home is here, wherever they use it. Any thread. */
final class CpuUsed {
    private static final double MICROS = 1e6;
    private static final Counter SECONDS = Counter.build(
                    "tomte_process_cpu_seconds_total",
                    "CPU time that processes have used whose home is this host, at home and away, as far as it is known.")
            .labelNames("place")
            .register();
    private static final Counter.Child HOME = SECONDS.labels("home");
    private static final Counter.Child AWAY = SECONDS.labels("away");

    private CpuUsed() {}

    /** From one word on a process to its next. */
    static void between(ProcessStatus before, ProcessStatus now) {
        HOME.inc(Math.max(0, now.cpuHomeMicros() - before.cpuHomeMicros()) / MICROS);
        AWAY.inc(Math.max(0, now.cpuAwayMicros() - before.cpuAwayMicros()) / MICROS);
    }
}
