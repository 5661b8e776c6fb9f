package dev.tomte.benchmarks.files;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/** Makes a connection longer: each byte arrives half a round trip after it was sent, at whatever rate. */
final class DelayProxy implements Closeable {
    /** Some bytes; none: the end. */
    private record Piece(long due, ByteBuffer bytes) {}

    private final ServerSocket listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int to;
    private final long delayNanos;

    DelayProxy(int to, double roundTripMillis) throws IOException {
        this.to = to;
        delayNanos = (long) (roundTripMillis * 1e6 / 2);
        Thread.ofPlatform().daemon().name("delay").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listener.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
                for (Socket socket : new Socket[] {near, far}) {
                    socket.setTcpNoDelay(true);
                    sockets.add(socket);
                }
                carry(near, far);
                carry(far, near);
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void carry(Socket from, Socket into) {
        BlockingQueue<Piece> onTheWay = new LinkedBlockingQueue<>();
        Thread.ofPlatform().daemon().name("delay-in").start(() -> {
            byte[] buffer = new byte[256 << 10];
            try (InputStream in = from.getInputStream()) {
                for (int bytes = in.read(buffer); bytes >= 0; bytes = in.read(buffer))
                    onTheWay.add(
                            new Piece(System.nanoTime() + delayNanos, ByteBuffer.wrap(Arrays.copyOf(buffer, bytes))));
            } catch (IOException e) {
                // as good as its end
            }
            onTheWay.add(new Piece(0, ByteBuffer.allocate(0)));
        });
        Thread.ofPlatform().daemon().name("delay-out").start(() -> {
            try (OutputStream out = into.getOutputStream()) {
                for (Piece piece = onTheWay.take(); piece.bytes().hasRemaining(); piece = onTheWay.take()) {
                    for (long left = piece.due() - System.nanoTime(); left > 0; left = piece.due() - System.nanoTime())
                        LockSupport.parkNanos(left);
                    out.write(piece.bytes().array());
                }
            } catch (IOException e) {
                // nobody reads any more
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) socket.close();
    }
}
