package dev.tomte.idle.signal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fifo;
import dev.tomte.linux.InputDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InputDevicesTest {
    private static final byte[] EVENT = new byte[24];

    @TempDir
    Path directory;

    private final Semaphore used = new Semaphore(0);

    private InputDevices watch() throws Errno {
        InputDevices devices = new InputDevices(directory, MonotonicClock.SYSTEM);
        devices.start(used::release);
        return devices;
    }

    private void awaitUse() throws InterruptedException {
        assertTrue(used.tryAcquire(50, TimeUnit.SECONDS), "nothing was seen");
    }

    @Test
    void aKeyIsSeenAndWhatWasPressedIsGone() throws Exception {
        Fifo.create(directory.resolve("keyboard0"), 0600);
        try (InputDevices devices = watch()) {
            assertEquals(Presence.Kind.WATCHED, Readings.known(devices.read(0)).kind());
            long before = System.nanoTime();
            Fifo.write(directory.resolve("keyboard0"), EVENT);
            awaitUse();
            Presence presence = Readings.known(devices.read(0));
            assertEquals(Presence.Kind.USED, presence.kind());
            assertEquals("keyboard", presence.what());
            assertTrue(presence.at() - before > 0);
        }
    }

    @Test
    void aMouseIsAMouseAndAWriterThatLeavesIsNoEvent() throws Exception {
        Fifo.create(directory.resolve("mouse0"), 0600);
        try (InputDevices devices = watch()) {
            // each write opens the FIFO, writes and leaves
            Fifo.write(directory.resolve("mouse0"), EVENT);
            awaitUse();
            assertEquals("mouse", Readings.known(devices.read(0)).what());
            Fifo.write(directory.resolve("mouse0"), EVENT);
            awaitUse();
            assertEquals(0, used.availablePermits());
        }
    }

    @Test
    void aDeviceThatComesLaterIsFoundAndOneThatIsReplacedIsFoundAgain() throws Exception {
        try (InputDevices devices = watch()) {
            assertInstanceOf(Reading.Absent.class, devices.read(0));
            for (int round = 0; round < 2; round++) {
                Path fifo = directory.resolve("event0");
                Files.deleteIfExists(fifo);
                Fifo.create(fifo, 0600);
                pressUntilSeen(fifo);
                assertEquals(Presence.Kind.USED, Readings.known(devices.read(0)).kind());
                Thread.sleep(1);
                used.drainPermits();
            }
        }
    }

    /** Nobody has it open before the directory is looked through again. */
    private void pressUntilSeen(Path fifo) throws Exception {
        do {
            try {
                Fifo.write(fifo, EVENT);
            } catch (Errno e) {
                assertEquals(6, e.code(), e::getMessage); // ENXIO
            }
        } while (!used.tryAcquire(100, TimeUnit.MILLISECONDS));
    }

    @Test
    void whatIsNoDeviceOfAPersonIsNotRead() throws Exception {
        Files.writeString(directory.resolve("event0"), "a file is always readable, and says nothing");
        Files.createSymbolicLink(directory.resolve("event1"), Path.of("/dev/zero"));
        Fifo.create(directory.resolve("js0"), 0600);
        try (InputDevices devices = watch()) {
            assertInstanceOf(Reading.Absent.class, devices.read(0));
        }
        // a character device that is no evdev device
        assertTrue(InputDevice.open(Path.of("/dev/null")).isEmpty());
    }

    @Test
    void absentUnreadableAndUnwatchedAreToldApart() throws Exception {
        Path gone = directory.resolve("gone");
        try (InputDevices devices = new InputDevices(gone, MonotonicClock.SYSTEM)) {
            assertInstanceOf(Reading.Unknown.class, devices.read(0));
            devices.start(used::release);
            assertInstanceOf(Reading.Absent.class, devices.read(0));
        }
        Path file = Files.createFile(directory.resolve("file"));
        try (InputDevices devices = new InputDevices(file, MonotonicClock.SYSTEM)) {
            devices.start(used::release);
            assertInstanceOf(Reading.Unknown.class, devices.read(0));
        }
    }

    @Test
    void aClosedWatchKnowsNothingAndNobodyReadsItsDevices() throws Exception {
        Path fifo = directory.resolve("keyboard0");
        Fifo.create(fifo, 0600);
        InputDevices devices = watch();
        devices.close();
        assertInstanceOf(Reading.Unknown.class, devices.read(0));
        assertEquals(6, assertThrows(Errno.class, () -> Fifo.write(fifo, EVENT)).code());
        assertFalse(used.tryAcquire());
    }

    @Test
    void aWriterThatNeverStopsIsSeenAndDoesNotHoldTheWatch() throws Exception {
        Path fifo = directory.resolve("keyboard0");
        Fifo.create(fifo, 0600);
        try (InputDevices devices = watch()) {
            for (int i = 0; i < 1000; i++) {
                try {
                    Fifo.write(fifo, EVENT);
                } catch (Errno e) {
                    assertEquals(Errno.EAGAIN, e.code());
                }
            }
            awaitUse();
            assertEquals(Presence.Kind.USED, Readings.known(devices.read(0)).kind());
        }
    }
}
