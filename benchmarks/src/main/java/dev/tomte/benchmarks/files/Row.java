package dev.tomte.benchmarks.files;

import java.util.List;

/**
 * Something that is measured.
 *
 * @param names what each of the numbers is that the command prints
 * @param unit of all of them
 * @param more whether more is better
 * @param command a shell command, run in a directory that {@link Subjects} has filled
 */
record Row(List<String> names, String unit, boolean more, String command) {
    private static final String CALLS = "../calls ";

    static List<Row> all(String java) {
        return List.of(
                rate("sequential write", "MiB/s", "write written 256"),
                rate("sequential read", "MiB/s", "read sequential 256"),
                rate("4 KiB random read, 1 thread", "calls/s", "random randomly 256 r 1 4000"),
                rate("4 KiB random read, 4 threads", "calls/s", "random randomly 256 r 4 8000"),
                rate("4 KiB random write, 1 thread", "calls/s", "random randomly 256 w 1 4000"),
                rate("4 KiB random write, 4 threads", "calls/s", "random randomly 256 w 4 8000"),
                twice("stat", "us", CALLS + "stat stats 2000"),
                twice("open, read, close", "us", CALLS + "open opens 2000"),
                twice("list 10,000", "ms", CALLS + "list many"),
                twice("tar x, 1,000 files", "ms", CALLS + "time tar xf ../sources.tar"),
                twice("git status, 1,000 files", "ms", CALLS + "time git -C repository status"),
                twice(
                        "git checkout, 1,000 files",
                        "ms",
                        CALLS + "time sh -c 'git -C repository checkout -q other && git -C repository checkout -q -'"),
                twice(
                        "make of 30 C files",
                        "ms",
                        CALLS + "time sh -c 'make -s -C project clean && make -s -j2 -C project'"),
                twice("SQLite, 50 inserts", "ms", CALLS + "time sqlite3 database '.read ../inserts.sql'"),
                twice("start python3", "ms", CALLS + "time python3 -c 'import ssl, asyncio'"),
                twice("start gcc", "ms", CALLS + "time gcc -c -o /dev/null ../empty.c"),
                twice("start java", "ms", CALLS + "time " + java + " --version"));
    }

    /** Whether what it measures is how a program is loaded. */
    boolean startsProgram() {
        return names.getFirst().startsWith("start ");
    }

    private static Row rate(String name, String unit, String calls) {
        return new Row(List.of(name), unit, true, CALLS + calls);
    }

    private static Row twice(String name, String unit, String command) {
        return new Row(List.of(name + ", cold", name + ", warm"), unit, false, command);
    }
}
