package dev.tomte.agent.peer;

import dev.tomte.wire.Holding;
import dev.tomte.wire.ProcessKey;
import dev.tomte.wire.SignalAnswer;
import dev.tomte.wire.SignalCall;
import java.io.IOException;

/** What this host answers as the holder of guests, to their homes. Blocking; any thread. */
public interface HolderCalls {
    /** @throws IOException if it cannot say now */
    Holding ask(String caller, ProcessKey key) throws IOException;

    SignalAnswer signal(String caller, SignalCall call) throws IOException;
}
