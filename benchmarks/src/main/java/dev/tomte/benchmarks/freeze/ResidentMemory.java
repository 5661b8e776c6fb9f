package dev.tomte.benchmarks.freeze;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Resident memory of every JVM of this project on this machine (VmRSS of proc(5)). */
final class ResidentMemory {
    private static final Pattern MAIN = Pattern.compile("dev\\.tomte\\.[a-z.]*[A-Z]\\w*");
    private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private ResidentMemory() {}

    static void print() throws IOException {
        Map<String, Long> resident = new TreeMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String command = Files.readString(process.resolve("cmdline"));
                    Matcher main = MAIN.matcher(command);
                    Matcher rss = RSS.matcher(Files.readString(process.resolve("status")));
                    if (main.find() && rss.find())
                        resident.put(main.group() + " " + process.getFileName(), Long.parseLong(rss.group(1)) / 1024);
                } catch (IOException gone) {
                    // it ended while it was looked at
                }
            }
        }
        System.out.println("resident MiB:");
        resident.forEach((name, megabytes) -> System.out.printf("  %-50s %5d%n", name, megabytes));
    }
}
