package dev.tomte.agent.kubernetes;

import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.util.List;

/** The command that an ordinary pod's stub was given: what the pod would have run without it. */
final class StubCommand {
    private StubCommand() {}

    /** @throws IOException if it is no such stub, or was given none */
    static List<String> of(ProcFs stub) throws IOException {
        List<String> arguments = List.of(stub.read("cmdline")
                .orElseThrow(() -> new IOException("the pod has ended"))
                .split("\0", -1));
        int after = arguments.indexOf("--");
        // the last one is empty: each ends with a NUL
        if (after < 0 || after + 2 >= arguments.size()) throw new IOException("its stub was given no command");
        return arguments.subList(after + 1, arguments.size() - 1);
    }
}
