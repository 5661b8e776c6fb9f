package dev.tomte.idle.signal;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.InputDevice;
import dev.tomte.linux.Pipe;
import dev.tomte.linux.Poll;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads: {@code event*}, {@code keyboard*} and {@code mouse*} in /dev/input, or in a directory of FIFOs that stands for
 * it. How often: event driven, by poll(2) in a thread of its own; new devices are looked for every 3 s. Why: nothing
 * says sooner that the owner is back.
 *
 * <p>Only that there was an event, and when, is known here: what was pressed is never kept, logged or sent. After an
 * event the thread rests a quarter of a second, so that a mouse that reports a thousand times a second costs nothing. A
 * device that another program has grabbed (EVIOCGRAB) shows nothing.
 */
public final class InputDevices implements Signal<Presence>, AutoCloseable {
    private static final Duration LOOK_FOR_NEW = Duration.ofSeconds(3);
    private static final Duration REST = Duration.ofMillis(250);

    private final Path directory;
    private final MonotonicClock clock;
    private final Map<Path, Watched> devices = new TreeMap<>();
    private final Map<Path, Object> ignored = new HashMap<>();
    private final Pipe wake;
    private volatile Presence last;
    private volatile Reading<Presence> state;
    private volatile boolean closing;
    private volatile Thread thread;

    private record Watched(InputDevice device, Object identity) {}

    /** Looks for devices at once; none is read before {@link #start}. */
    public InputDevices(Path directory, MonotonicClock clock) throws Errno {
        this.directory = directory;
        this.clock = clock;
        this.last = new Presence(Presence.Kind.WATCHED, "input", clock.nanos());
        this.wake = Pipe.create();
        this.thread = new Thread(() -> {});
        this.state = look();
    }

    /**
     * Begins to watch.
     *
     * @param used called by the watching thread after each event or burst of events; must be quick
     */
    public void start(Runnable used) {
        thread = Thread.ofPlatform().daemon().name("idle-input").start(() -> watch(used));
    }

    private void watch(Runnable used) {
        try {
            long looked = clock.nanos();
            while (!closing) {
                boolean event = await();
                if (clock.nanos() - looked >= LOOK_FOR_NEW.toNanos()) {
                    looked = clock.nanos();
                    state = look();
                } else if (state instanceof Reading.Known<Presence>) {
                    state = new Reading.Known<>(last, clock.nanos());
                }
                if (event) {
                    used.run();
                    if (!closing) Poll.readable(List.of(wake.read()), REST);
                }
            }
        } catch (IOException e) {
            state = new Reading.Unknown<>("input devices cannot be watched: " + e.getMessage());
        } finally {
            release();
        }
    }

    /** Waits for an event of any device, and notes it. */
    private boolean await() throws Errno {
        List<Map.Entry<Path, Watched>> entries = new ArrayList<>(devices.entrySet());
        List<Fd> fds = new ArrayList<>();
        entries.forEach(entry -> fds.add(entry.getValue().device().fd()));
        fds.add(wake.read());
        boolean event = false;
        for (int index : Poll.readable(fds, LOOK_FOR_NEW)) {
            if (index == entries.size()) return false;
            InputDevice device = entries.get(index).getValue().device();
            try {
                if (!device.used()) continue;
                last = new Presence(Presence.Kind.USED, device.kind(), clock.nanos());
                event = true;
            } catch (Errno e) {
                // unplugged: it is looked for again with the others
                device.close();
                devices.remove(entries.get(index).getKey());
            }
        }
        return event;
    }

    /** Opens what is new, drops what is gone, and says how the watch stands. */
    private Reading<Presence> look() {
        Map<Path, Object> present = new HashMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "{event,keyboard,mouse}*")) {
            for (Path entry : entries) identity(entry).ifPresent(identity -> present.put(entry, identity));
        } catch (NoSuchFileException e) {
            return new Reading.Absent<>("there are no input devices here");
        } catch (IOException e) {
            return new Reading.Unknown<>("the input devices cannot be listed");
        }
        devices.entrySet().removeIf(entry -> {
            boolean gone = !entry.getValue().identity().equals(present.get(entry.getKey()));
            if (gone) entry.getValue().device().close();
            return gone;
        });
        ignored.entrySet().retainAll(present.entrySet());
        Optional<String> problem = Optional.empty();
        for (Map.Entry<Path, Object> entry : new TreeMap<>(present).entrySet()) {
            Path path = entry.getKey();
            if (devices.containsKey(path) || ignored.containsKey(path)) continue;
            try {
                InputDevice.open(path)
                        .ifPresentOrElse(
                                device -> devices.put(path, new Watched(device, entry.getValue())),
                                () -> ignored.put(path, entry.getValue()));
            } catch (NoSuchFileException e) {
                // gone again
            } catch (IOException e) {
                problem =
                        Optional.of("input device %s cannot be read: %s".formatted(path.getFileName(), e.getMessage()));
            }
        }
        if (problem.isPresent()) return new Reading.Unknown<>(problem.get());
        if (devices.isEmpty()) return new Reading.Absent<>("there are no input devices here");
        return new Reading.Known<>(last, clock.nanos());
    }

    /** Tells a device from a later one of the same name. */
    private static Optional<Object> identity(Path path) throws IOException {
        try {
            return Optional.of(Files.getAttribute(path, "unix:dev", LinkOption.NOFOLLOW_LINKS) + ":"
                    + Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public Duration every() {
        return Duration.ZERO;
    }

    @Override
    public Reading<Presence> read(long now) {
        if (!thread.isAlive()) return new Reading.Unknown<>("nobody watches the input devices");
        // the newest use, even where the thread has not yet renewed its sign of life
        return state instanceof Reading.Known<Presence>(var seen, var at)
                ? new Reading.Known<>(last.at() - seen.at() > 0 ? last : seen, at)
                : state;
    }

    /** Ends the watch and waits for its thread. */
    @Override
    public void close() {
        closing = true;
        wake.write().close();
        if (!thread.isAlive()) {
            release();
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void release() {
        devices.values().forEach(watched -> watched.device().close());
        wake.close();
    }
}
