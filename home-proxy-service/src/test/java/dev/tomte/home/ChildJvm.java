package dev.tomte.home;

import dev.tomte.linux.Fd;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A JVM that can be killed; this one keeps its descriptors, as a stub would. */
final class ChildJvm {
    private final Process process;
    private final MemoryKeeper keeper;
    private final BufferedReader out;
    private final PrintStream in;
    private final Thread keeping;

    private ChildJvm(Process process, MemoryKeeper keeper) {
        this.process = process;
        this.keeper = keeper;
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        keeping = Thread.ofPlatform().daemon().unstarted(this::keep);
    }

    /** Starts one; it has said "READY" when this returns. */
    static ChildJvm start(Class<?> main, MemoryKeeper keeper, String... arguments) throws IOException {
        ChildJvm child = begin(main, keeper, arguments);
        child.untilReady();
        child.keeping.start();
        return child;
    }

    /** Starts one to which nobody listens. */
    static ChildJvm begin(Class<?> main, MemoryKeeper keeper, String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName()));
        line.addAll(List.of(arguments));
        return new ChildJvm(
                new ProcessBuilder(line)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start(),
                keeper);
    }

    private void untilReady() throws IOException {
        for (String line = out.readLine(); ; line = out.readLine()) {
            if (line == null) throw new IOException("the child did not start");
            if (line.equals("READY")) return;
            in.println(answer(line));
        }
    }

    private void keep() {
        try {
            for (String line = out.readLine(); line != null; line = out.readLine()) in.println(answer(line));
        } catch (IOException e) {
            // it was killed
        }
    }

    private String answer(String line) throws IOException {
        String[] words = line.split(" ", -1);
        return switch (words[0]) {
            case "KEEP" -> keep(words);
            case "TAKE" ->
                keeper.peek(words[1]).stream()
                        .map(fd -> Integer.toString(fd.value()))
                        .collect(Collectors.joining(" "));
            case "DROP" -> {
                keeper.drop(words[1]);
                yield "OK";
            }
            case "KEYS" -> String.join(" ", keeper.keys(words[1]));
            default -> throw new IOException("an odd line: " + line);
        };
    }

    private String keep(String[] words) throws IOException {
        List<Fd> fds = new ArrayList<>();
        for (int i = 2; i < words.length; i++) fds.add(PidFd.fetch(process.pid(), Integer.parseInt(words[i])));
        keeper.keep(words[1], fds);
        fds.forEach(Fd::close);
        return "OK";
    }

    /** kill -9, and its end. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
        if (keeping.isAlive()) keeping.join();
    }

    /** For whoever begins one and sees to its end. */
    Process process() {
        return process;
    }

    /** Asks it to end in good order. */
    void end() throws InterruptedException {
        in.close();
        process.waitFor();
    }
}
