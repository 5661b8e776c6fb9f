package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * What the guest's kernel must be told because others have changed something at home. Whoever finds out adds it, one
 * thread sends it. Any thread may call.
 */
final class Notices {
    /** One thing that the kernel believes and no longer should. */
    sealed interface Notice {
        /**
         * A name in a directory: asked for anew when it is used next. The kernel takes the directory's lock for it, so
         * answers that were on their way to who looked something up there have been taken in before.
         */
        record Name(long directory, String name) implements Notice {}

        /** A file's attributes, and with {@code contents} its pages too, mapped ones included. */
        record File(long node, boolean contents) implements Notice {}

        /** A file that need not be known any more, by its name. */
        record Forgettable(long directory, String name) implements Notice {}

        /** A directory that need not be known any more: unlike by its name, nobody who is in it notices. */
        record ForgettableDirectory(long node) implements Notice {}
    }

    private static final int EXPIRE_ONLY = 1;
    private static final int LONGEST = 2 * (Fuse.OUT_HEADER + 16 + 256);

    private final LinkedHashSet<Notice> pending = new LinkedHashSet<>();
    private final Runnable wake;
    private boolean everything;

    /** @param wake called when there is something to send */
    Notices(Runnable wake) {
        this.wake = wake;
    }

    void name(Node directory, String name) {
        add(new Notice.Name(directory.id, name));
    }

    void attributes(Node node) {
        add(new Notice.File(node.id, false));
    }

    void contents(Node node) {
        add(new Notice.File(node.id, true));
    }

    /** To make room: the kernel may forget it if it is not used. */
    void forget(Node node) {
        Node parent = node.parent;
        if (node.isDirectory()) add(new Notice.ForgettableDirectory(node.id));
        else if (parent != null)
            add(new Notice.Forgettable(parent.id, new String(node.name, StandardCharsets.ISO_8859_1)));
    }

    /** Behind what is there already: a file's notice must follow that of its name. */
    private void add(Notice notice) {
        synchronized (this) {
            if (everything) return;
            pending.addLast(notice);
            if (pending.size() > Limits.NOTICES) everything();
        }
        wake.run();
    }

    /** Whatever the kernel believes: events were lost, or there was nobody to tell. */
    void everything() {
        synchronized (this) {
            everything = true;
            pending.clear();
        }
        wake.run();
    }

    /** Whether {@link #everything} was said since this was asked last. */
    synchronized boolean takeEverything() {
        boolean all = everything;
        everything = false;
        return all;
    }

    synchronized List<Notice> take() {
        List<Notice> taken = new ArrayList<>(pending);
        pending.clear();
        return taken;
    }

    /** A buffer for {@link #write}. */
    static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(32 << 10).order(ByteOrder.LITTLE_ENDIAN);
    }

    static boolean hasRoom(ByteBuffer buffer) {
        return buffer.remaining() >= LONGEST;
    }

    /** Writes a notice as the kernel takes it; what is of the root, under both of its numbers. */
    static void write(Notice notice, ByteBuffer out) {
        switch (notice) {
            case Notice.Name(long directory, String name) -> {
                entry(out, directory, name, EXPIRE_ONLY);
                if (directory == Fuse.ROOT) entry(out, Fuse.ROOT_AGAIN, name, EXPIRE_ONLY);
            }
            case Notice.Forgettable(long directory, String name) -> {
                entry(out, directory, name, 0);
                if (directory == Fuse.ROOT) entry(out, Fuse.ROOT_AGAIN, name, 0);
            }
            case Notice.ForgettableDirectory(long node) ->
                header(out, Fuse.NOTIFY_PRUNE, 24).putLong(1).putLong(0).putLong(node);
            case Notice.File(long node, boolean contents) -> {
                file(out, node, contents);
                if (node == Fuse.ROOT) file(out, Fuse.ROOT_AGAIN, contents);
            }
        }
    }

    private static void file(ByteBuffer out, long node, boolean contents) {
        header(out, Fuse.NOTIFY_INVAL_INODE, 24)
                .putLong(node)
                .putLong(contents ? 0 : Fuse.ATTRIBUTES_ONLY)
                .putLong(0);
    }

    private static void entry(ByteBuffer out, long directory, String name, int flags) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        header(out, Fuse.NOTIFY_INVAL_ENTRY, 17 + bytes.length)
                .putLong(directory)
                .putInt(bytes.length)
                .putInt(flags)
                .put(bytes)
                .put((byte) 0);
    }

    private static ByteBuffer header(ByteBuffer out, int code, int bodyBytes) {
        return out.putInt(Fuse.OUT_HEADER + bodyBytes).putInt(code).putLong(0);
    }
}
