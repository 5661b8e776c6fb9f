package dev.tomte.benchmarks.files;

import dev.tomte.benchmarks.freeze.Shell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A way to the home's files, by a root file system in which commands run. */
interface World extends AutoCloseable {
    /** What begins a command line that runs in there as root. */
    List<String> enter();

    /** As whom commands run. */
    default String user() {
        return "1000";
    }

    /** Whether programs themselves come from there. */
    default boolean hasPrograms() {
        return true;
    }

    /** Where the home's root is in there; empty: it is the root. */
    default String root() {
        return "";
    }

    /** Ends it. */
    @Override
    void close() throws IOException;

    /** Runs a shell command in there as the user, and gives what it wrote. */
    default String run(String directory, String command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(enter());
        line.addAll(List.of(
                "setpriv", "--reuid=" + user(), "--regid=" + user(), "--clear-groups", "env", "HOME=/home/tomte"));
        line.addAll(List.of("PATH=/usr/bin:/bin", "sh", "-ec", "cd \"$0\"; " + command, root() + directory));
        return Shell.run(line);
    }
}
