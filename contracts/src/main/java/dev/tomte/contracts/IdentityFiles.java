package dev.tomte.contracts;

import java.util.Map;

/**
 * The files of an {@link Identity} as they are given to a node's agent.
 *
 * @param files contents by names, without directories
 */
public record IdentityFiles(Map<String, String> files) {
    public IdentityFiles {
        files = Map.copyOf(files);
        for (String name : files.keySet())
            if (name.isEmpty() || name.contains("/") || name.startsWith("."))
                throw new IllegalArgumentException("'" + name + "' is no name of such a file");
    }

    /** It holds a key, which no log is to see. */
    @Override
    public String toString() {
        return "IdentityFiles" + files.keySet();
    }
}
