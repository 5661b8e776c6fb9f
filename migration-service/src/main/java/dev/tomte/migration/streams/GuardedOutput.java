package dev.tomte.migration.streams;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.BooleanSupplier;

/** Lets bytes through as long as their reader may have them. */
final class GuardedOutput extends FilterOutputStream {
    private final BooleanSupplier mayHave;

    GuardedOutput(OutputStream out, BooleanSupplier mayHave) {
        super(out);
        this.mayHave = mayHave;
    }

    @Override
    public void write(int b) throws IOException {
        check();
        out.write(b);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        check();
        out.write(bytes, from, length);
    }

    private void check() throws IOException {
        if (!mayHave.getAsBoolean()) throw new IOException("its reader may not have more of it");
    }
}
