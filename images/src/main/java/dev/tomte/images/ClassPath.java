package dev.tomte.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A module's class path, in its order.
 *
 * @param version of our own jars, by which they are told from others
 */
record ClassPath(List<Path> jars, String version) {
    /** Where a jar is in an image. */
    static final String DIRECTORY = "/opt/tomte/lib";

    ClassPath {
        jars = List.copyOf(jars);
    }

    /** @param build what the launcher has built: each module's class path is a file there */
    static ClassPath of(Path build, String module, String version) {
        Path file = build.resolve(module + ".classpath");
        try {
            List<Path> jars = Arrays.stream(Files.readString(file).strip().split(":", -1))
                    .map(Path::of)
                    .toList();
            return new ClassPath(jars, version);
        } catch (IOException e) {
            throw new ImagesException("the build is not complete: " + file + " cannot be read", e);
        }
    }

    List<Path> own() {
        return jars.stream().filter(this::isOwn).toList();
    }

    List<Path> others() {
        return jars.stream().filter(jar -> !isOwn(jar)).toList();
    }

    private boolean isOwn(Path jar) {
        return jar.getFileName().toString().endsWith("-" + version + ".jar");
    }

    /** As the JVM in an image is told. */
    String inImage() {
        return jars.stream().map(jar -> DIRECTORY + "/" + jar.getFileName()).collect(Collectors.joining(":"));
    }
}
