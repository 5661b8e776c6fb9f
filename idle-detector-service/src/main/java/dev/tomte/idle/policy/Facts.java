package dev.tomte.idle.policy;

import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.Presence;
import dev.tomte.idle.signal.Reading;
import dev.tomte.idle.signal.Stall;

/**
 * All that is judged by.
 *
 * @param now by the detector's clock
 * @param memory bytes left
 */
public record Facts(
        long now,
        Reading<Presence> input,
        Reading<Presence> terminals,
        Reading<Presence> sessions,
        Reading<Presence> inhibitors,
        Reading<OwnerLoad> load,
        Reading<Stall> pressure,
        Reading<Long> memory) {}
