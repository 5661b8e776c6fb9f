package dev.tomte.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What /proc says of one process. It may end at any time: then what is asked for is empty, as is what a closed
 * descriptor leads to.
 *
 * @param pid as this PID namespace sees it
 */
public record ProcFs(int pid) {
    private static final Path PROC = Path.of("/proc");
    private static final long KCMP = 312;
    private static final int KCMP_FILES = 2;
    private static final Set<String> OWN_MEMORY = Set.of("RssAnon:", "RssShmem:", "VmSwap:");

    public Path directory() {
        return PROC.resolve(Integer.toString(pid));
    }

    /**
     * When it started, in clock ticks since boot: with the PID, what tells it from a later one of the same number. Empty
     * for one that has ended, be it reaped or not.
     */
    public OptionalLong startTime() {
        Optional<String[]> stat = stat();
        if (stat.isEmpty() || stat.get()[0].equals("Z") || stat.get()[0].equals("X")) return OptionalLong.empty();
        return OptionalLong.of(Long.parseLong(stat.get()[19]));
    }

    /** Whether it is the one that started then (see {@link #startTime}), and has not ended. */
    public boolean startedAt(long start) {
        OptionalLong now = startTime();
        return now.isPresent() && now.getAsLong() == start;
    }

    /** The fields of /proc/PID/stat from the third (the state) on. */
    private Optional<String[]> stat() {
        return read("stat")
                .map(line -> line.substring(line.lastIndexOf(')') + 2).strip().split(" "));
    }

    /** The letter of its state, as R, S, D, Z; '?' if it has gone. */
    public char state() {
        return stat().map(fields -> fields[0].charAt(0)).orElse('?');
    }

    /** Whether it has a controlling terminal. */
    public boolean hasTerminal() {
        return stat().map(fields -> !fields[4].equals("0")).orElse(false);
    }

    /** A line of /proc/PID/status, without its name. */
    public Optional<String> status(String name) {
        return read("status")
                .flatMap(text -> text.lines()
                        .filter(line -> line.startsWith(name + ":"))
                        .findFirst()
                        .map(line -> line.substring(name.length() + 1).strip()));
    }

    /** Its PID in the innermost namespace that it is in. */
    public Optional<Integer> innermostPid() {
        return status("NSpid")
                .map(pids -> Integer.parseInt(
                        pids.substring(pids.lastIndexOf('\t') + 1).strip()));
    }

    /**
     * Memory of its own and shared memory, in RAM or swapped out, bytes: what a checkpoint of it holds. Not what it maps of
     * files. 0 if it has gone.
     */
    public long ownBytes() {
        return read("status").stream()
                .flatMap(String::lines)
                .filter(line -> OWN_MEMORY.contains(line.substring(0, line.indexOf(':') + 1)))
                .mapToLong(line -> kilobytes(line))
                .sum();
    }

    /** Whether it has locked memory (mlock(2)), or pages of hugetlbfs. */
    public boolean hasLockedOrHugePages() {
        return read("status").stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("VmLck:") || line.startsWith("HugetlbPages:"))
                .anyMatch(line -> kilobytes(line) > 0);
    }

    private static long kilobytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }

    public Optional<String> name() {
        return read("comm").map(String::strip);
    }

    /** Where it waits in the kernel, if it says so. */
    public Optional<String> waitsIn() {
        return read("wchan").map(String::strip).filter(where -> !where.isEmpty() && !where.equals("0"));
    }

    /** Its open descriptors' numbers. */
    public List<Integer> descriptors() {
        return numbers("fd");
    }

    /** Whether it and another have one table of descriptors (CLONE_FILES of clone(2)). */
    public boolean sharesDescriptors(ProcFs other) {
        return Syscall.raw(KCMP, pid, other.pid, KCMP_FILES, 0, 0) == 0;
    }

    /** Its threads. */
    public List<Integer> threads() {
        return numbers("task");
    }

    /** The processes that it has forked, or that were given to it. */
    public List<Integer> children() {
        List<Integer> children = new ArrayList<>();
        for (int thread : threads())
            for (String child : read("task/" + thread + "/children").orElse("").split(" ", -1))
                if (!child.isBlank()) children.add(Integer.parseInt(child.strip()));
        return children;
    }

    private List<Integer> numbers(String directory) {
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory().resolve(directory))) {
            for (Path one : all) numbers.add(Integer.parseInt(one.getFileName().toString()));
        } catch (IOException | DirectoryIteratorException e) {
            return numbers;
        }
        return numbers;
    }

    /** What a link below its directory says, as {@code fd/3} or {@code ns/net}. */
    public Optional<String> link(String below) {
        try {
            return Optional.of(
                    Files.readSymbolicLink(directory().resolve(below)).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** A file below its directory. */
    public Optional<String> read(String below) {
        try {
            return Optional.of(new String(Files.readAllBytes(directory().resolve(below)), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Memory that new work can have, bytes. */
    public static long availableMemory() throws IOException {
        return memory("MemAvailable");
    }

    /** Memory that the machine has, bytes. */
    public static long totalMemory() throws IOException {
        return memory("MemTotal");
    }

    private static long memory(String what) throws IOException {
        for (String line : Files.readAllLines(PROC.resolve("meminfo")))
            if (line.startsWith(what + ":")) return kilobytes(line);
        throw new IOException("/proc/meminfo says no " + what);
    }

    /** The first CPU's features, as /proc/cpuinfo names them. */
    public static Set<String> cpuFeatures() throws IOException {
        for (String line : Files.readAllLines(PROC.resolve("cpuinfo")))
            if (line.startsWith("flags"))
                return Set.copyOf(
                        List.of(line.substring(line.indexOf(':') + 1).strip().split(" +")));
        return Set.of();
    }
}
