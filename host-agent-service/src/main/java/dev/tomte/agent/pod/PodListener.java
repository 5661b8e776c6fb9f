package dev.tomte.agent.pod;

import dev.tomte.contracts.Availability.Notice;
import java.io.IOException;

/** Hears of pods that others make, and of what they ask of this host. Any thread. */
public interface PodListener {
    /** A home pod is there; once for each, and again for those that were there before. */
    void appear(Pod home) throws IOException;

    /** Another notice than before is in force. */
    void notice(Notice now);
}
