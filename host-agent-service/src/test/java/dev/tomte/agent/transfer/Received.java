package dev.tomte.agent.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.agent.move.Target;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/** A target that only takes what is sent. */
final class Received implements Target.Transfer {
    final Map<String, ByteArrayOutputStream> files = new TreeMap<>();
    final CountDownLatch first = new CountDownLatch(1);
    long precopyRoom;
    boolean broken;

    @Override
    public boolean takesLayers() {
        return true;
    }

    @Override
    public long precopyRoom() {
        return precopyRoom;
    }

    @Override
    public void grown(long memoryBytes) {}

    @Override
    public void send(int layer, String file, long offset, ByteBuffer data) throws IOException {
        first.countDown();
        if (broken) throw new IOException("cut");
        ByteArrayOutputStream so =
                files.computeIfAbsent(layer == 0 ? file : layer + "/" + file, any -> new ByteArrayOutputStream());
        assertEquals(so.size(), offset);
        so.writeBytes(taken(data));
    }

    private static byte[] taken(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        return bytes;
    }

    byte[] bytes(String file) {
        return files.getOrDefault(file, new ByteArrayOutputStream()).toByteArray();
    }

    Map<String, Integer> sizes() {
        Map<String, Integer> sizes = new TreeMap<>();
        files.forEach((name, bytes) -> sizes.put(name, bytes.size()));
        return sizes;
    }

    @Override
    public void end(long files, long bytes) {}

    @Override
    public long awaitRestored() {
        return 0;
    }

    @Override
    public void close() {}
}
