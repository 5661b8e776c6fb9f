package dev.tomte.agent;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** An agent in a JVM of its own, until it is killed. */
final class KilledAgent implements TestFleet.Agent {
    private final Process jvm;
    private final PrintStream in;
    private final CountDownLatch up = new CountDownLatch(1);
    private final Said said;

    KilledAgent(Path config, Path log, Said said) throws IOException {
        this.said = said;
        ProcessBuilder builder = new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tomte.agent.AgentChild",
                config.toString());
        builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        jvm = builder.start();
        OutputStream commands = jvm.getOutputStream();
        in = new PrintStream(commands, true, StandardCharsets.UTF_8);
        Thread.ofPlatform().daemon().start(this::hear);
    }

    private void hear() {
        try (BufferedReader lines = jvm.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(AgentChild.OUTCOME))
                    said.publish(Json.read(line.substring(AgentChild.OUTCOME.length()), Outcome.class), () -> {});
                if (line.startsWith(AgentChild.STATUS))
                    said.publish(Json.read(line.substring(AgentChild.STATUS.length()), ProcessStatus.class));
                if (line.equals(AgentChild.UP)) up.countDown();
            }
        } catch (IOException e) {
            return;
        } finally {
            // One that does not come up shall not be waited for.
            up.countDown();
        }
    }

    void awaitUp() throws IOException, InterruptedException {
        up.await();
        if (!jvm.isAlive()) throw new IOException("the agent ended at its start");
    }

    @Override
    public void take(Command command) {
        in.println(Json.write(command));
    }

    /** SIGKILL. */
    @Override
    public void close() {
        jvm.destroyForcibly().onExit().join();
    }
}
