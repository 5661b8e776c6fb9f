package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Questions whether home has done all that it was sent before. Any thread may call. */
final class Fences {
    private final Map<Long, CompletableFuture<Integer>> asked = new ConcurrentHashMap<>();
    /** They count up from the number of what is sent first. */
    private final AtomicLong next = new AtomicLong(Fuse.OWN);

    /** Asks on each connection: what will be home's answers. */
    List<CompletableFuture<Integer>> ask(List<TlsChannel> connections) throws IOException {
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (TlsChannel channel : connections) {
            long number = next.incrementAndGet();
            CompletableFuture<Integer> answer = new CompletableFuture<>();
            asked.put(number, answer);
            answers.add(answer);
            channel.write(Link.frame(Fuse.FENCE, number, 0).flip());
        }
        return answers;
    }

    /** Takes home's answer: how many locks the guest has. */
    void take(long number, MemorySegment frame) {
        CompletableFuture<Integer> fence = asked.remove(number);
        if (fence != null && frame.byteSize() >= Fuse.OUT_HEADER + 4)
            fence.complete(frame.get(JAVA_INT_UNALIGNED, Fuse.OUT_HEADER));
    }

    /** There will be no answers. */
    void broken() {
        asked.values().forEach(fence -> fence.completeExceptionally(new IOException("the link home broke")));
        asked.clear();
    }
}
