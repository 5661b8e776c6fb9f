package dev.tomte.agent;

import dev.tomte.agent.bus.Voice;
import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** An agent in a JVM of its own, so that it can be killed: commands come on stdin, what it says goes to stdout. */
final class AgentChild implements Voice {
    static final String OUTCOME = "outcome ";
    static final String STATUS = "status ";
    static final String UP = "up";

    private final PrintStream out = System.out;

    private AgentChild() {}

    public static void main(String[] args) throws IOException {
        AgentChild voice = new AgentChild();
        System.setOut(System.err);
        HostConfig config = HostConfig.read(Path.of(args[0]));
        HostAgent agent = new HostAgent(config, config.sharing()::policy, Driver.fleet(config), voice);
        voice.say(UP);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine())
            agent.take(Json.read(line, Command.class));
        agent.close();
        System.exit(0);
    }

    private void say(String line) {
        synchronized (out) {
            out.println(line);
            out.flush();
        }
    }

    @Override
    public void publish(Outcome outcome, Runnable heard) {
        say(OUTCOME + Json.write(outcome));
        heard.run();
    }

    @Override
    public void publish(ProcessStatus status, Duration patience) {
        say(STATUS + Json.write(status));
    }

    @Override
    public void publish(Availability availability) {}

    @Override
    public void forget(String process) {}
}
