package dev.tomte.idle;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fifo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * The owner of a fleet's host: a directory with an input device (a FIFO) and a terminal (a file whose last access
 * counts), at which a command can play one. A shell can as well: {@code echo > DIRECTORY/input/keyboard0}.
 */
public record PlayedOwner(Path directory) {
    /** The size of an event of evdev on 64 bits; its content means nothing here. */
    private static final int EVENT = 24;

    Path input() {
        return directory.resolve("input");
    }

    Path terminals() {
        return directory.resolve("terminals");
    }

    private Path keyboard() {
        return input().resolve("keyboard0");
    }

    private Path terminal() {
        return terminals().resolve("1");
    }

    /** Makes what is not there yet. */
    public PlayedOwner prepare() throws IOException {
        Files.createDirectories(input());
        Files.createDirectories(terminals());
        if (!Files.exists(keyboard())) Fifo.create(keyboard(), 0600);
        if (!Files.exists(terminal())) Files.createFile(terminal());
        return this;
    }

    /**
     * Presses a key. Never waits.
     *
     * @throws IOException if no detector watches the device
     */
    public void pressKey() throws IOException {
        try {
            Fifo.write(keyboard(), new byte[EVENT]);
        } catch (Errno e) {
            // full: there is more than enough to be seen
            if (e.code() != Errno.EAGAIN) throw e;
        }
    }

    /** Types at the terminal. */
    public void typeAtTerminal() throws IOException {
        Files.getFileAttributeView(terminal(), BasicFileAttributeView.class)
                .setTimes(null, FileTime.from(Instant.now()), null);
    }
}
