package dev.tomte.home;

import dev.tomte.linux.Fd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A keeper in this JVM, which stands for a stub. */
public final class MemoryKeeper implements Keeper, AutoCloseable {
    private final Map<String, List<Fd>> kept = new TreeMap<>();

    @Override
    public synchronized void keep(String key, List<Fd> fds) throws IOException {
        drop(key);
        kept.put(key, duplicates(fds));
    }

    @Override
    public synchronized List<Fd> take(String key) throws IOException {
        return duplicates(kept.getOrDefault(key, List.of()));
    }

    /** What is kept itself, not duplicates. */
    synchronized List<Fd> peek(String key) {
        return kept.getOrDefault(key, List.of());
    }

    private static List<Fd> duplicates(List<Fd> fds) throws IOException {
        List<Fd> duplicates = new ArrayList<>();
        for (Fd fd : fds) duplicates.add(fd.dup());
        return duplicates;
    }

    @Override
    public synchronized void drop(String key) {
        List<Fd> fds = kept.remove(key);
        if (fds != null) fds.forEach(Fd::close);
    }

    @Override
    public synchronized List<String> keys(String prefix) {
        return kept.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
    }

    @Override
    public synchronized void close() {
        for (String key : List.copyOf(kept.keySet())) drop(key);
    }
}
