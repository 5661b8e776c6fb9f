package dev.tomte.agent.locks;

import dev.tomte.home.Keeper;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Stands for a home stub: a keeper of one descriptor for each key. */
public final class KeptHere implements Keeper, AutoCloseable {
    private final Map<String, Fd> kept = new TreeMap<>();

    @Override
    public synchronized void keep(String key, List<Fd> fds) throws Errno {
        drop(key);
        kept.put(key, fds.getFirst().dup());
    }

    @Override
    public synchronized List<Fd> take(String key) throws Errno {
        List<Fd> taken = new ArrayList<>();
        Fd there = kept.get(key);
        if (there != null) taken.add(there.dup());
        return taken;
    }

    @Override
    public synchronized void drop(String key) {
        Fd there = kept.remove(key);
        if (there != null) there.close();
    }

    @Override
    public synchronized List<String> keys(String prefix) {
        return kept.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
    }

    @Override
    public synchronized void close() {
        kept.values().forEach(Fd::close);
    }
}
