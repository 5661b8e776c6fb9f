package dev.tomte.agent.process;

import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.stub.Phase;
import dev.tomte.stub.ProcessStart;
import dev.tomte.stub.Started;
import dev.tomte.stub.StubConnection;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Starts a process in its home pod. Every step may have been done before, by an agent that was killed. */
final class Starting {
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Starting() {}

    /** One that is to begin elsewhere only gets its register. */
    static void start(String host, HomeProcess process) throws IOException {
        process.stub().tell(stub -> stub.setFirst(process.pod().incarnation(), host));
        Launch launch = process.pod().record().launch();
        if (launch.begins() != Begins.HOME && process.state().phase() == Phase.EMPTY) return;
        begin(process);
    }

    static void begin(HomeProcess process) throws IOException {
        Launch launch = process.pod().record().launch();
        // a pod that others have made has its own environment, which nobody needs to be told
        Map<String, String> environment = process.pod().record().ordinary() ? Map.of() : environment(launch);
        if (process.state().phase() == Phase.EMPTY)
            process.stub()
                    .ask(stub ->
                            stub.start(new ProcessStart(launch.command(), environment, launch.cwd(), process.isFed())))
                    .close();
        if (process.state().phase() != Phase.HELD) return;
        // In its cgroup before it can fork.
        try (Started held = process.stub().ask(StubConnection::root)) {
            process.pod().tree().add(held.hostPid());
        }
        process.stub().tell(StubConnection::go);
    }

    static Map<String, String> environment(Launch launch) {
        Map<String, String> all = new HashMap<>();
        all.put("PATH", PATH);
        all.put("HOME", launch.uid() == 0 ? "/root" : "/home/tomte");
        all.put("USER", launch.uid() == 0 ? "root" : "tomte");
        all.put("LANG", "C.UTF-8");
        all.putAll(launch.env());
        return all;
    }
}
