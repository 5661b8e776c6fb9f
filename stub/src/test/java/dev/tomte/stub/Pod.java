package dev.tomte.stub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A real stub as PID 1 of a PID namespace, without privilege; its output goes to files. */
final class Pod implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** What a container runtime does: loopback up, own /proc with read-only sysctls, own /dev, no privilege. */
    private static final String MAKE = """
            ip link set lo up
            mount -t proc proc /proc
            mount --bind /proc/sys /proc/sys
            mount -o remount,bind,ro /proc/sys
            mount -t tmpfs -o mode=755 dev /mnt
            for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
                mknod -m 666 /mnt/${node%% *} c ${node#* }
            done
            mkdir /mnt/.tomte
            umount -R -l /dev
            mount --move /mnt /dev
            ln -s /proc/self/fd /dev/fd
            uid=$1
            shift
            exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
            """;

    private static final Path BUILD = Path.of("build");

    private final Path directory;
    private final Process unshare;
    private final int stubPid;
    private final List<StubConnection> open = new ArrayList<>();

    private Pod(Path directory, Process unshare, int stubPid) {
        this.directory = directory;
        this.unshare = unshare;
        this.stubPid = stubPid;
    }

    static Pod start(Path directory, StubKind kind) throws IOException, InterruptedException {
        return start(directory, kind, 1000);
    }

    static Pod start(Path directory, StubKind kind, int uid) throws IOException, InterruptedException {
        return start(directory, kind, uid, List.of());
    }

    /** @param by what the stub is executed by, which executes what comes after it */
    static Pod start(Path directory, StubKind kind, int uid, List<String> by) throws IOException, InterruptedException {
        for (String program : List.of("stub", "probe"))
            Files.copy(
                    BUILD.resolve(program),
                    directory.resolve(program),
                    StandardCopyOption.COPY_ATTRIBUTES,
                    StandardCopyOption.REPLACE_EXISTING);
        Files.setAttribute(directory, "unix:uid", uid);
        List<String> command = new ArrayList<>(List.of("unshare", "--pid", "--mount", "--net", "--uts", "--ipc"));
        command.addAll(List.of("--fork", "--kill-child", "--propagation=private", "sh", "-ec", MAKE, "pod"));
        command.add(Integer.toString(uid));
        command.addAll(by);
        command.addAll(List.of(
                directory.resolve("stub").toString(),
                kind == StubKind.HOME ? "home" : "guest",
                socket(directory).toString()));
        Process unshare = new ProcessBuilder(command)
                .redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(socket(directory)) || children(unshare.pid()).isEmpty()) {
            if (!unshare.isAlive() || System.nanoTime() > deadline)
                throw new IOException("no stub: " + Files.readString(directory.resolve("err")));
            Thread.sleep(5);
        }
        return new Pod(directory, unshare, children(unshare.pid()).getFirst());
    }

    private static Path socket(Path directory) {
        return directory.resolve("stub.sock");
    }

    private static List<Integer> children(long pid) throws IOException {
        String children = Files.readString(Path.of("/proc/" + pid + "/task/" + pid + "/children"));
        return children.lines()
                .flatMap(line -> List.of(line.strip().split(" ")).stream())
                .filter(child -> !child.isEmpty())
                .map(Integer::valueOf)
                .toList();
    }

    Path socket() {
        return socket(directory);
    }

    Path program(String name) {
        return directory.resolve(name);
    }

    int stubPid() {
        return stubPid;
    }

    StubConnection connect() throws IOException {
        return connect(event -> {});
    }

    StubConnection connect(Consumer<StubEvent> events) throws IOException {
        StubConnection connection = StubConnection.open(new StubSocket.At(socket()), stubPid, PATIENCE, events);
        open.add(connection);
        return connection;
    }

    /** Runs a shell in the pod and gives what it prints; what it leaves behind becomes the stub's child. */
    String shell(String script) throws IOException {
        Process shell = new ProcessBuilder(
                        "nsenter", "-t", "" + stubPid, "-p", "-m", "-S", "1000", "-G", "1000", "sh", "-c", script)
                .redirectErrorStream(true)
                .start();
        return new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /** How the stub has ended, as unshare(1) passes it on. */
    int awaitEnd() throws InterruptedException {
        if (!unshare.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) throw new AssertionError("the stub still runs");
        return unshare.exitValue();
    }

    boolean ended() {
        return !unshare.isAlive();
    }

    String out() throws IOException {
        return Files.readString(directory.resolve("out"));
    }

    String err() throws IOException {
        return Files.readString(directory.resolve("err"));
    }

    @Override
    public void close() throws IOException {
        for (StubConnection each : open) each.close();
        // it has changed its user, and so does not end with who made it
        ProcessHandle.of(stubPid).ifPresent(ProcessHandle::destroyForcibly);
        unshare.destroyForcibly().onExit().join();
    }
}
