package dev.tomte.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How the fleet's JVMs are started: small, for many of them share one machine. */
record Jvm(Path build, Path java) {
    /** The module that the hosts' JVMs run. */
    static final String HOSTS = "host-agent-service";

    /** The build and the Java that this JVM itself is of; {@code tomte.build} is set by the launcher. */
    static Jvm current() {
        String build = System.getProperty("tomte.build");
        if (build == null) throw new FleetException("start the fleet by ./tomte up");
        return new Jvm(Path.of(build), Path.of(System.getProperty("java.home"), "bin", "java"));
    }

    /**
     * @param module whose classpath the launcher has put into the build
     * @param heap megabytes
     */
    List<String> command(String module, String mainClass, int heap, List<String> properties, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                java.toString(),
                "-Xmx" + heap + "m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.net.preferIPv4Stack=true"));
        // the first compiler alone is smaller, and enough: images and file calls are encrypted outside of Java
        command.add("-XX:TieredStopAtLevel=1");
        // what the module itself wants
        Path options = build.resolve(module + ".options");
        if (Files.exists(options)) command.add("@" + options);
        Path archive = build.resolve(module + ".jsa");
        if (Files.exists(archive)) command.add("-XX:SharedArchiveFile=" + archive);
        command.addAll(properties);
        command.add("-cp");
        command.add(classpath(module));
        command.add(mainClass);
        command.addAll(arguments);
        return command;
    }

    private String classpath(String module) {
        try {
            return Files.readString(build.resolve(module + ".classpath")).strip();
        } catch (IOException e) {
            throw new FleetException("the build " + build + " is not complete", e);
        }
    }
}
