package dev.tomte.fleet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Processes that still run a command of a fleet. */
final class Strays {
    private Strays() {}

    /** Those whose command line names the fleet's directories, this process and its parents taken out. */
    static List<String> of(Layout layout) throws IOException {
        List<Long> own = Stream.iterate(
                        java.util.Optional.of(ProcessHandle.current()),
                        java.util.Optional::isPresent,
                        handle -> handle.flatMap(ProcessHandle::parent))
                .flatMap(java.util.Optional::stream)
                .map(ProcessHandle::pid)
                .toList();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(path -> path.getFileName().toString().chars().allMatch(Character::isDigit))
                    .filter(path ->
                            !own.contains(Long.parseLong(path.getFileName().toString())))
                    .map(path -> path.getFileName() + " " + commandLine(path))
                    .filter(line -> line.contains(layout.run() + "/") || line.contains(layout.state() + "/"))
                    .map(line -> "process " + line)
                    .toList();
        }
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }
}
