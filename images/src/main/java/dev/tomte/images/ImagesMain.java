package dev.tomte.images;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes the images' archives. {@code ./tomte images} calls it. */
@Command(name = "images", mixinStandardHelpOptions = true, description = "Write the container images as archives.")
public final class ImagesMain implements Callable<Integer> {
    @Option(names = "--build", required = true, description = "What the launcher has built.")
    private Path build = Path.of("");

    @Option(names = "--tools", required = true, description = "The directory of stub, enter and criu.")
    private Path tools = Path.of("");

    @Option(names = "--cache", required = true, description = "Where Debian trees, Java and layers are kept.")
    private Path cache = Path.of("");

    @Option(names = "--out", required = true, description = "Where the archives go.")
    private Path out = Path.of("");

    @Option(names = "--suite", required = true, description = "The Debian suite below the images.")
    private String suite = "";

    @Option(names = "--mirror", description = "The Debian mirror.")
    private @Nullable String mirror;

    @Option(names = "--images-version", required = true, description = "The tag, and the version of our own jars.")
    private String version = "";

    @Option(names = "--tests", description = "Write the images that tests need, too.")
    private boolean tests;

    private final PrintStream print = System.out;

    private ImagesMain() {}

    public static void main(String[] arguments) {
        int status = new CommandLine(new ImagesMain())
                // what the user says comes after what the launcher says
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println("tomte: images: " + e.getMessage());
                    if (!(e instanceof ImagesException)) e.printStackTrace(command.getErr());
                    return 1;
                })
                .execute(arguments);
        // Jib leaves threads behind
        System.exit(status);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        String architecture = Architecture.ofThisMachine();
        Archives archives = new Archives(out, cache, architecture);
        SortedMap<String, String> tags = new TreeMap<>();
        for (Image image : images(architecture)) {
            Instant begin = Instant.now();
            String digest = image.digest();
            boolean written = archives.write(image, digest);
            if (ServiceImages.NAMES.contains(image.shortName())) tags.put(image.shortName(), image.contentTag(digest));
            Path archive = archives.of(image);
            print.printf(
                    "%-48s %7.1f MB  %s  %s%n",
                    image.name(),
                    Files.size(archive) / 1e6,
                    written ? "%5.1f s".formatted(seconds(begin)) : "as it was",
                    archive);
        }
        print.printf("the chart takes them by --values %s%n", ChartValues.write(out, tags));
        return 0;
    }

    private List<Image> images(String architecture) throws IOException, InterruptedException {
        Instant begin = Instant.now();
        Path debian = ServiceImages.debian(suite).tar(cache, mirror);
        Path base = RootArchive.of(debian, "localhost/tomte/base:" + suite, architecture);
        Path runtime = JavaRuntime.in(cache);
        List<Image> images = new ArrayList<>(new ServiceImages(base, runtime, build, tools, cache, version).all());
        if (tests) images.addAll(new TestImages(cache, mirror, suite, architecture).all());
        print.printf("%-48s %7s     %5.1f s%n", "Debian and Java below them", "", seconds(begin));
        return images;
    }

    private static double seconds(Instant begin) {
        return Duration.between(begin, Instant.now()).toMillis() / 1e3;
    }
}
