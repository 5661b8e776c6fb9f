package dev.tomte.agent.transfer;

import static dev.tomte.agent.transfer.PageMapImage.LAZY;
import static dev.tomte.agent.transfer.PageMapImage.PARENT;
import static dev.tomte.agent.transfer.PageMapImage.PRESENT;
import static dev.tomte.linux.ProcessMemory.PAGE;

import dev.tomte.agent.move.Target;
import dev.tomte.agent.tree.Tree;
import dev.tomte.linux.Errno;
import dev.tomte.linux.ProcFs;
import dev.tomte.linux.ProcessMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends the memory of a tree's processes, in layers: each is what has changed since the layer before, as the images of
 * criu's own iterative dumps. All but the last are copied while the tree runs, the last one when it stands, beside criu,
 * which dumps all else. One thread at a time.
 */
final class MemoryLayers implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(MemoryLayers.class.getName());
    private static final int PIECE = 256 << 10;
    /** Memory that changes as fast as it is copied is not worth more. */
    private static final int ROUNDS = 4;
    /** So little is sent in a few milliseconds, bytes. */
    private static final long FEW = 1 << 20;

    private final Tree tree;
    private final Target.Transfer transfer;
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    private final MemorySegment pieces = MemorySegment.ofBuffer(piece);
    /** What a layer says of each process, by its own PID: the one before, and this one. */
    private Map<Integer, List<PageMapImage.Entry>> before = Map.of();

    private Map<Integer, List<PageMapImage.Entry>> now = new HashMap<>();
    /** Pages of the last layer that could not be read. */
    private final Map<Integer, List<Long>> unreadable = new HashMap<>();
    /** Processes of the tree that stands: those that are read beside criu, and those that are after it. */
    private final List<Integer> early = new ArrayList<>();

    private final List<Integer> late = new ArrayList<>();

    private @Nullable CopiedPages copied;
    private long room;
    private int layer;
    private long files;
    private long bytes;

    MemoryLayers(Tree tree, Target.Transfer transfer) {
        this.tree = tree;
        this.transfer = transfer;
    }

    /**
     * Copies what it can while the tree runs; returns when little is left to copy, or it is not wanted any more.
     *
     * @param directory on a tmpfs
     * @param room the most that is copied so, bytes
     * @throws IOException if the target does not take it
     */
    void precopy(Path directory, long room, BooleanSupplier wanted) throws IOException {
        copied = new CopiedPages(directory, room);
        this.room = room;
        long last = Long.MAX_VALUE;
        while (layer < ROUNDS && copied != null && wanted.getAsBoolean()) {
            long begin = bytes;
            nextLayer();
            for (int pid : tree.processes()) copy(pid, false, wanted);
            if (now.isEmpty()) {
                // nothing was sent of it: the target knows no such layer
                layer--;
                return;
            }
            long sent = bytes - begin;
            if (sent <= FEW || sent > last / 2) return;
            last = sent;
        }
    }

    private void nextLayer() {
        layer++;
        before = now;
        now = new HashMap<>();
    }

    /**
     * The tree stands, and is not dumped yet: the last layer begins. criu has a process's code call the system, from where
     * the first of its code is: what it changes there for a moment must not be read.
     */
    void stand() throws IOException {
        nextLayer();
        for (int pid : tree.processes()) (beginsWithCodeOfFile(pid) ? early : late).add(pid);
    }

    /**
     * The last layer, beside the dump; some of it is left for {@link #finish}.
     *
     * @param wanted asked again and again; if not, all of it is worth nothing
     */
    void copyStanding(BooleanSupplier wanted) throws IOException {
        for (int pid : early) copy(pid, true, wanted);
    }

    /**
     * After the dump: the last layer is whole, and criu's images refer to it.
     *
     * @throws IOException if something of the memory is in neither
     */
    void finish(Path images) throws IOException {
        for (int pid : late) copy(pid, true, () -> true);
        String[] names = images.toFile().list((directory, name) -> name.matches("pagemap-[0-9]+\\.img"));
        if (names == null) throw new IOException("there is no " + images);
        for (String name : names) {
            int pid = Integer.parseInt(name.replaceAll("[^0-9]", ""));
            Path file = images.resolve(name);
            PageMapImage image = PageMapImage.parse(Files.readAllBytes(file));
            Files.write(file, new PageMapImage(image.pagesId(), resolved(pid, image.entries())).bytes());
        }
    }

    /** What criu has left to others is in the parent of its images. */
    private List<PageMapImage.Entry> resolved(int pid, List<PageMapImage.Entry> entries) throws IOException {
        List<PageMapImage.Entry> resolved = new ArrayList<>();
        Ranges sent = new Ranges(now.getOrDefault(pid, List.of()));
        for (PageMapImage.Entry entry : entries) {
            if ((entry.flags() & LAZY) == 0) {
                resolved.add(entry);
                continue;
            }
            requireRead(pid, entry);
            for (PageMapImage.Entry part : sent.within(entry.from(), entry.to()))
                append(resolved, part.from(), part.to(), PARENT);
        }
        return resolved;
    }

    /** Neighbours of one kind are one. */
    private static void append(List<PageMapImage.Entry> entries, long from, long to, int flags) {
        PageMapImage.Entry end = entries.isEmpty() ? null : entries.getLast();
        long begin = from;
        if (end != null && end.to() == from && end.flags() == flags)
            begin = entries.removeLast().from();
        entries.add(new PageMapImage.Entry(begin, to, flags));
    }

    private void requireRead(int pid, PageMapImage.Entry entry) throws IOException {
        if (!now.containsKey(pid) || entry.to() > ProcessMemory.END)
            throw new IOException("the memory of process " + pid + " was not read");
        for (long page : unreadable.getOrDefault(pid, List.of()))
            if (entry.from() <= page && page < entry.to())
                throw new IOException("memory of process %d cannot be read, at %x".formatted(pid, page));
    }

    /** How many images have been sent. */
    long files() {
        return files;
    }

    long bytes() {
        return bytes;
    }

    private static boolean beginsWithCodeOfFile(int pid) {
        return new ProcFs(pid)
                .read("maps").stream()
                        .flatMap(String::lines)
                        .map(line -> line.split(" +", 6))
                        .filter(fields -> fields.length >= 5 && fields[1].charAt(2) == 'x')
                        .findFirst()
                        .map(fields -> !fields[4].equals("0"))
                        .orElse(false);
    }

    private void copy(int pid, boolean stands, BooleanSupplier wanted) throws IOException {
        int own = new ProcFs(pid).innermostPid().orElse(0);
        ProcessMemory memory;
        try {
            memory = new ProcessMemory(pid);
        } catch (IOException e) {
            // it has ended; criu says so too, or its images refer to what is missing
            return;
        }
        try (memory) {
            // its PID may be another's by now: not what has been opened
            if (tree.processes().contains(pid)) new OneProcess(own, memory, stands).copy(wanted);
        }
    }

    /** One process's part of a layer. */
    private final class OneProcess {
        private final int pid;
        private final ProcessMemory memory;
        private final boolean stands;
        private final List<PageMapImage.Entry> entries = new ArrayList<>();
        private final Ranges parent;
        private long sent;

        OneProcess(int pid, ProcessMemory memory, boolean stands) {
            this.pid = pid;
            this.memory = memory;
            this.stands = stands;
            this.parent = new Ranges(before.getOrDefault(pid, List.of()));
        }

        void copy(BooleanSupplier wanted) throws IOException {
            List<ProcessMemory.Range> ranges;
            try {
                ranges = memory.own();
            } catch (Errno e) {
                // as if it could not be opened
                return;
            }
            for (ProcessMemory.Range range : ranges) {
                for (long at = range.from(); at < range.to(); ) {
                    if (!wanted.getAsBoolean()) {
                        leaveAsItIs(at);
                        end();
                        return;
                    }
                    piece.clear().limit((int) Math.min(PIECE, range.to() - at));
                    int read = memory.read(at, piece);
                    if (read == 0) {
                        if (stands)
                            unreadable
                                    .computeIfAbsent(pid, any -> new ArrayList<>())
                                    .add(at);
                        at += PAGE;
                        continue;
                    }
                    split(at, read);
                    at += read;
                }
            }
            end();
        }

        /** What has not been looked at is what it was in the last layer. */
        private void leaveAsItIs(long from) {
            for (PageMapImage.Entry entry : parent.within(from, ProcessMemory.END))
                append(entries, entry.from(), entry.to(), PARENT);
        }

        private void split(long address, int length) throws IOException {
            for (int at = 0; at < length; ) {
                boolean same = isSame(address, at);
                int next = at + PAGE;
                while (next < length && isSame(address, next) == same) next += PAGE;
                if (same) append(entries, address + at, address + next, PARENT);
                else changed(address + at, at, next - at);
                at = next;
            }
        }

        /** The layer before has it, and has the same. */
        private boolean isSame(long address, int at) {
            return copied != null && parent.has(address + at) && copied.isSame(pid, address + at, pieces, at);
        }

        private void changed(long address, int at, int length) throws IOException {
            // what has no room now is not described either, and goes with the next layer
            if (!stands && !keep(address, piece.slice(at, length))) return;
            send(pages(), sent, piece.slice(at, length));
            sent += length;
            append(entries, address, address + length, PRESENT);
        }

        /** What is sent while it runs is kept, to be compared with later. */
        private boolean keep(long address, ByteBuffer memory) {
            if (copied == null || bytes + memory.remaining() > room) return false;
            try {
                copied.put(pid, address, memory);
                return true;
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "no more memory is copied beforehand: {0}", e.getMessage());
                copied.close();
                copied = null;
                return false;
            }
        }

        /** criu wants an image of pages also where there are none. */
        private void end() throws IOException {
            if (sent == 0) send(pages(), 0, ByteBuffer.allocate(0));
            ByteBuffer map = ByteBuffer.wrap(new PageMapImage(pid, entries).bytes());
            for (int at = 0; at < map.capacity(); at += PIECE)
                send("pagemap-" + pid + ".img", at, map.slice(at, Math.min(PIECE, map.capacity() - at)));
            files += 2;
            now.put(pid, entries);
        }

        private String pages() {
            return "pages-" + pid + ".img";
        }

        private void send(String file, long offset, ByteBuffer data) throws IOException {
            bytes += data.remaining();
            transfer.send(layer, file, offset, data);
        }
    }

    @Override
    public void close() {
        if (copied != null) copied.close();
    }
}
