package dev.tomte.agent.process;

import dev.tomte.stub.FedBytes;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.Holding;
import dev.tomte.wire.InputQuestion;
import dev.tomte.wire.OutputChunk;
import dev.tomte.wire.ProcessKey;
import dev.tomte.wire.SignalAnswer;
import dev.tomte.wire.SignalCall;
import java.io.IOException;

/** The agents of other hosts, as this one asks them. Blocking; an IOException says that no answer came. */
public interface Neighbours {
    /** @param address its IP address */
    record Neighbour(String host, String address) {}

    Holding ask(Neighbour holder, ProcessKey key) throws IOException;

    SignalAnswer signal(Neighbour holder, SignalCall call) throws IOException;

    /** Whether the home has answered that this life of the process is over. */
    boolean isHomeGone(Neighbour home, ProcessKey key) throws IOException;

    /** The offset that the home has reached. */
    long output(Neighbour home, OutputChunk chunk) throws IOException;

    /** What comes next of a guest's standard input; waits at the home for as long as the question says. */
    FedBytes input(Neighbour home, InputQuestion question) throws IOException;

    /** Whether the home has it safe. */
    boolean exited(Neighbour home, ExitReport report) throws IOException;
}
