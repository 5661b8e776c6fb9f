package dev.tomte.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The part of this JVM's own JDK that the services need, by jlink. */
final class JavaRuntime {
    /** Where it is in an image. */
    static final String DIRECTORY = "/opt/java";

    /** Spring needs the beans of java.desktop; Kafka jgss, sasl and rmi; Netty unsupported; jcmd is for whoever looks for faults. */
    private static final List<String> MODULES = List.of(
            "java.base",
            "java.compiler",
            "java.desktop",
            "java.instrument",
            "java.logging",
            "java.management",
            "java.management.rmi",
            "java.naming",
            "java.net.http",
            "java.prefs",
            "java.rmi",
            "java.scripting",
            "java.security.jgss",
            "java.security.sasl",
            "java.sql",
            "java.transaction.xa",
            "java.xml",
            "jdk.crypto.ec",
            "jdk.httpserver",
            "jdk.jcmd",
            "jdk.jfr",
            "jdk.management",
            "jdk.management.agent",
            "jdk.naming.dns",
            "jdk.net",
            "jdk.security.auth",
            "jdk.unsupported",
            "jdk.zipfs");

    private JavaRuntime() {}

    /** Kept in the cache for each version of the JDK. */
    static Path in(Path cache) throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("java.home"));
        String version = Runtime.version().toString();
        Path runtime = cache.resolve("java-" + version + "-"
                + Digest.of(MODULES.toString(), "with lines").substring(0, 12));
        if (Files.isDirectory(runtime)) return runtime;
        Path jlink = home.resolve("bin", "jlink");
        if (!Files.isExecutable(jlink)) throw new ImagesException(home + " is no JDK: it has no jlink");
        Files.createDirectories(cache);
        Path unfinished = Files.createTempDirectory(cache, "java").resolve("runtime");
        // with line numbers, for traces' sake; uncompressed, for the layer is compressed and classes load faster
        new Program(jlink.toString(), "--add-modules", String.join(",", MODULES))
                .with("--no-man-pages", "--no-header-files", "--compress", "zip-0")
                .with("--generate-cds-archive", "--output", unfinished.toString())
                .run();
        Files.move(unfinished, runtime);
        Files.delete(unfinished.getParent());
        return runtime;
    }
}
