package dev.tomte.migration.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class GuardedOutputTest {
    @Test
    void aLogBreaksOffWhenItsReaderMayNotHaveItAnyMore() throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        AtomicBoolean mayHave = new AtomicBoolean(true);
        try (OutputStream out = new GuardedOutput(read, mayHave::get)) {
            out.write("one".getBytes(StandardCharsets.US_ASCII));
            out.write('2');
            mayHave.set(false);
            assertThrows(IOException.class, () -> out.write("three".getBytes(StandardCharsets.US_ASCII)));
            assertThrows(IOException.class, () -> out.write('4'));
        }
        assertEquals("one2", read.toString(StandardCharsets.US_ASCII));
    }
}
