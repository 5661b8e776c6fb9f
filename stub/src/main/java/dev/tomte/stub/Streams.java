package dev.tomte.stub;

import dev.tomte.linux.Fd;
import dev.tomte.linux.Pipe;
import org.jspecify.annotations.Nullable;

/**
 * Both ends of the pipes that are the process' stdout and stderr; the receiver owns these descriptors. The read ends
 * do not block. Reading takes bytes from the stub: use tee(2) and {@link StubConnection#consume}.
 *
 * @param out stdout
 * @param err stderr
 * @param in the end of its standard input that the process reads; null where that is not fed
 * @param outConsumed bytes of stdout consumed since these pipes were made
 * @param errConsumed bytes of stderr consumed since these pipes were made
 */
public record Streams(
        Pipe out,
        Pipe err,
        long outConsumed,
        long errConsumed,
        @Nullable Fd in) implements AutoCloseable {
    public Pipe pipe(StandardStream stream) {
        return switch (stream) {
            case OUT -> out;
            case ERR -> err;
        };
    }

    /** Bytes that the stub had consumed from this stream's pipe when it answered. */
    public long consumed(StandardStream stream) {
        return switch (stream) {
            case OUT -> outConsumed;
            case ERR -> errConsumed;
        };
    }

    @Override
    public void close() {
        if (in != null) in.close();
        out.close();
        err.close();
    }
}
