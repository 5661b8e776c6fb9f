package dev.tomte.home;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Passes on what a mount and its home say to each other, slowly, until it is told to pass on nothing more. */
final class SlowRelay implements AutoCloseable {
    /** How long anything takes in one direction, milliseconds. */
    static final long DELAY = 30;

    private static final int BYTES = 64 << 10;

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int home;
    private final Collection<Socket> sockets = new ConcurrentLinkedQueue<>();
    private boolean holds;

    SlowRelay(int home) throws IOException {
        this.home = home;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** When this returns nothing comes through any more; no connection ends. */
    synchronized void hold() {
        holds = true;
    }

    private synchronized void passOn(OutputStream to, byte[] bytes, int length) throws IOException {
        if (!holds) to.write(bytes, 0, length);
    }

    private void accept() {
        try {
            while (true) {
                Socket guest = listener.accept();
                Socket to = new Socket(InetAddress.getLoopbackAddress(), home);
                sockets.add(guest);
                sockets.add(to);
                Thread.ofVirtual().start(() -> pass(guest, to));
                Thread.ofVirtual().start(() -> pass(to, guest));
            }
        } catch (IOException e) {
            // it is closed
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] bytes = new byte[BYTES];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                Thread.sleep(DELAY);
                passOn(out, bytes, read);
            }
        } catch (IOException | InterruptedException e) {
            // one of them has gone
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) socket.close();
    }
}
