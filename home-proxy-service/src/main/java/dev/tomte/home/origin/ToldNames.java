package dev.tomte.home.origin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The names that the guest's kernel was told of, those that stand for nothing too. The kernel does not say when it
 * forgets one, so the oldest are taken back when there are too many. Not for several threads at once.
 */
final class ToldNames {
    /** A name in a directory, one character for each byte. */
    record Name(Node directory, String name) {}

    private final Map<Name, Node> told = new LinkedHashMap<>();
    /** Stands for "nothing": a map knows absent keys only by null. */
    private final Node nothing;

    private final Consumer<Name> takenBack;

    /**
     * @param nothing any node that no name is told of
     * @param takenBack the kernel must no longer believe this name
     */
    ToldNames(Node nothing, Consumer<Name> takenBack) {
        this.nothing = nothing;
        this.takenBack = takenBack;
    }

    void told(Node directory, String name, @Nullable Node node) {
        told.put(new Name(directory, name), node == null ? nothing : node);
        if (told.size() <= Limits.NAMES) return;
        Name eldest = told.keySet().iterator().next();
        told.remove(eldest);
        takenBack.accept(eldest);
    }

    /** The file that the guest knows by that name. */
    @Nullable
    Node find(Node directory, String name) {
        Node node = told.get(new Name(directory, name));
        return node == nothing ? null : node;
    }

    void forget(Node directory, String name, Node node) {
        told.remove(new Name(directory, name), node);
    }

    void forEach(Consumer<Name> action) {
        told.keySet().forEach(action);
    }

    void clear() {
        told.clear();
    }
}
