package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * Reads: "some avg10" of cpu.pressure and memory.pressure (PSI). How often: every 2 s. Why: load says how much is used,
 * pressure how much is missed, which is what an owner feels.
 *
 * <p>Guests at the lowest weight wait nearly always, and that is no harm: while there are guests, only those cgroups of the
 * host are read that hold none, each with all that is below it, and the worst of them counts. Where no such cgroup is, or
 * the kernel keeps no pressure, the reading is absent.
 */
public final class Pressure implements Signal<Stall> {
    private static final Reading<Stall> ABSENT = new Reading.Absent<>("the kernel keeps no pressure (PSI)");

    private final Path host;
    private final Supplier<? extends Collection<Path>> guests;

    /**
     * @param host the host's cgroup
     * @param guests the cgroups of the guests on it now, below that; asked at every reading
     */
    public Pressure(Path host, Supplier<? extends Collection<Path>> guests) {
        this.host = host;
        this.guests = guests;
    }

    @Override
    public Duration every() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Reading<Stall> read(long now) {
        try {
            Collection<Path> foreign = guests.get();
            if (foreign.isEmpty()) return new Reading.Known<>(stall(host), now);
            List<Path> own = owners(host, foreign);
            if (own.isEmpty()) return new Reading.Absent<>("pressure cannot be told apart from the guests'");
            double cpu = 0;
            double memory = 0;
            for (Path cgroup : own) {
                try {
                    Stall stall = stall(cgroup);
                    cpu = Math.max(cpu, stall.cpu());
                    memory = Math.max(memory, stall.memory());
                } catch (NoSuchFileException e) {
                    if (Files.isDirectory(cgroup)) return ABSENT;
                }
            }
            return new Reading.Known<>(new Stall(cpu, memory), now);
        } catch (NoSuchFileException e) {
            return ABSENT;
        } catch (IOException e) {
            // a kernel that was started without PSI has the files and answers EOPNOTSUPP
            return e instanceof FileSystemException
                            || String.valueOf(e.getMessage()).contains("not supported")
                    ? ABSENT
                    : new Reading.Unknown<>("pressure cannot be read");
        }
    }

    private static List<Path> owners(Path above, Collection<Path> foreign) throws IOException {
        List<Path> own = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(above, Files::isDirectory)) {
            for (Path child : children) {
                if (foreign.stream().anyMatch(child::startsWith)) continue;
                // on a node guests are among the owner's own pods, several levels down
                if (foreign.stream().anyMatch(guest -> guest.startsWith(child)))
                    own.addAll(ownersBelow(child, foreign));
                else own.add(child);
            }
        }
        return own;
    }

    private static List<Path> ownersBelow(Path cgroup, Collection<Path> foreign) throws IOException {
        try {
            return owners(cgroup, foreign);
        } catch (NoSuchFileException e) {
            // a pod that has gone meanwhile
            return List.of();
        }
    }

    private static Stall stall(Path cgroup) throws IOException {
        return new Stall(some(cgroup.resolve("cpu.pressure")), some(cgroup.resolve("memory.pressure")));
    }

    private static double some(Path file) throws IOException {
        for (String line : SmallFile.text(file).split("\n", -1)) {
            if (!line.startsWith("some ")) continue;
            for (String field : line.split(" ", -1)) {
                if (!field.startsWith("avg10=")) continue;
                try {
                    return Double.parseDouble(field.substring("avg10=".length())) / 100;
                } catch (NumberFormatException e) {
                    throw new IOException(file + " has no avg10", e);
                }
            }
        }
        throw new IOException(file + " has no avg10");
    }
}
