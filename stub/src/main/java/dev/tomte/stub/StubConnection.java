package dev.tomte.stub;

import dev.tomte.linux.Fd;
import dev.tomte.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with a stub. Any thread may call; calls wait for the stub's answer. A refusal is an
 * {@link dev.tomte.linux.Errno}; any other IOException means that the answer is unknown and that this connection is
 * of no more use: open another and ask again.
 */
public final class StubConnection implements AutoCloseable {
    /** The most bytes that one {@link #out} or {@link #note} carries. */
    public static final int MAX_BYTES = 64 * 1024;

    /** The protocol's version; both ends say theirs first. */
    public static final int VERSION = 1;

    private static final int MAGIC = 0x53544d54; // "TMTS"

    private final Calls calls;
    private final StubKind kind;

    private StubConnection(Calls calls, StubKind kind) {
        this.calls = calls;
        this.kind = kind;
    }

    /**
     * Connects to the stub.
     *
     * @param socket the stub's socket
     * @param stubPid the stub's PID as the caller sees it; a socket of any other process is refused
     * @param patience how long to wait for each answer
     */
    public static StubConnection open(Path socket, int stubPid, Duration patience) throws IOException {
        return open(new StubSocket.At(socket), stubPid, patience, event -> {});
    }

    /**
     * Connects to the stub, for its events too.
     *
     * @param events called for each event after {@link #subscribe}, and for the end of the connection, by one thread
     *     of this connection, which must not wait for an answer of the same connection
     */
    public static StubConnection open(StubSocket socket, int stubPid, Duration patience, Consumer<StubEvent> events)
            throws IOException {
        UnixSocket connected = socket.connect();
        try {
            int peer = connected.peer().pid();
            if (peer != stubPid) throw new IOException("at " + socket + " is process " + peer + ", not " + stubPid);
            connected.sendTimeout(patience);
        } catch (IOException e) {
            connected.close();
            throw e;
        }
        Calls calls = new Calls(connected, patience, events);
        try (Answer hello = calls.ask(Op.HELLO, new Body().u32(MAGIC).u16(VERSION))) {
            int version = hello.u16();
            if (version != VERSION) throw new IOException("the stub speaks version " + version + ", not " + VERSION);
            return new StubConnection(calls, hello.oneOf(StubKind.class));
        } catch (IOException e) {
            calls.close();
            throw e;
        }
    }

    public StubKind kind() {
        return kind;
    }

    public StubState state() throws IOException {
        try (Answer answer = calls.ask(Op.STATE, new Body())) {
            return new StubState(kind, answer.oneOf(Phase.class), answer.u32(), answer.exit(), answer.u32());
        }
    }

    /** From now on events come; those that are not acknowledged come again. */
    public void subscribe() throws IOException {
        calls.tell(Op.SUBSCRIBE, new Body());
    }

    /**
     * Forks the process, which then waits for {@link #go}: place it in its cgroup before. EBUSY if there is one
     * already, E2BIG if argv and environment are longer than 128 KiB.
     */
    public Started start(ProcessStart what) throws IOException {
        Body body = new Body().text(what.directory()).u16(what.argv().size());
        what.argv().forEach(body::text);
        body.u16(what.environment().size());
        what.environment().forEach((name, value) -> body.text(name + "=" + value));
        // a stub of an older version takes no more than it knows
        if (what.fed()) body.u8(1);
        try (Answer answer = calls.ask(Op.START, body)) {
            return new Started(answer.u32(), answer.fd());
        }
    }

    /**
     * Lets the started process exec; again: no effect. If that fails, the process says so on its stderr and exits
     * with 127 (not found) or 126.
     */
    public void go() throws IOException {
        calls.tell(Op.GO, new Body());
    }

    /** The process that was started or adopted here, with a new descriptor of it; ESRCH if none is here. */
    public Started root() throws IOException {
        try (Answer answer = calls.ask(Op.ROOT, new Body())) {
            return new Started(answer.u32(), answer.fd());
        }
    }

    /** New descriptors of the pipes that the process writes. */
    public Streams streams() throws IOException {
        return streams(null);
    }

    /**
     * New descriptors of all pipes, of a process whose input is fed; while none is here, that is a new pipe, for one that
     * comes. ENOENT if the input of the one that is here is not fed.
     */
    public Streams fedStreams() throws IOException {
        Fd in;
        try (Answer answer = calls.ask(Op.INPUT_PIPE, new Body())) {
            in = answer.fd();
        }
        try {
            return streams(in);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private Streams streams(@Nullable Fd in) throws IOException {
        try (Answer answer = calls.ask(Op.FDS, new Body())) {
            long out = answer.u64();
            long err = answer.u64();
            return new Streams(answer.pipe(), answer.pipe(), out, err, in);
        }
    }

    /** What the register holds; empty before its first set. */
    public Optional<Register> register() throws IOException {
        try (Answer answer = calls.ask(Op.REGISTER, new Body())) {
            return answer.u8() == 0 ? Optional.empty() : Optional.of(answer.register());
        }
    }

    /** Sets an empty register (epoch 1); not swapped if it is set already. */
    public Swap setFirst(String incarnation, String holder) throws IOException {
        return swap(new Body().u8(0).register(new Register(incarnation, 1, holder)));
    }

    /**
     * Passes the process on, if the register holds exactly {@code expected}. The next one must be of the same
     * incarnation and of the next epoch (EINVAL).
     */
    public Swap compareAndSet(Register expected, Register next) throws IOException {
        return swap(new Body().u8(1).register(expected).register(next));
    }

    private Swap swap(Body body) throws IOException {
        try (Answer answer = calls.ask(Op.COMPARE_AND_SET, body)) {
            return new Swap(answer.u8() != 0, answer.register());
        }
    }

    /**
     * The restored tree's root: its exit is the process' exit from now on. Again, or with the PID that was forgotten:
     * the same. ESRCH if there is no such process and none has exited with that PID; EBUSY if another is here.
     */
    public void adopt(int pid) throws IOException {
        calls.tell(Op.ADOPT, new Body().u32(pid));
    }

    /** The tree leaves: from now on its death is not an exit. ESRCH if it has exited or was never here. */
    public void forget() throws IOException {
        calls.tell(Op.FORGET, new Body());
    }

    /** The root's exit, until it is acknowledged. */
    public Optional<Exit> exit() throws IOException {
        try (Answer answer = calls.ask(Op.EXIT, new Body())) {
            return answer.exit();
        }
    }

    /** The exit is known where it must be. A home stub writes out what is left of the streams and exits likewise. */
    public void acknowledge(Exit exit) throws IOException {
        calls.tell(Op.ACKNOWLEDGE_EXIT, new Body().u32(exit.pid()));
    }

    /**
     * The stub keeps duplicates of the descriptors under this key, instead of what it kept there.
     *
     * @param key at most 64 bytes
     */
    public void keep(String key, List<Fd> fds) throws IOException {
        calls.ask(Op.KEEP, new Body().string(key), fds).close();
    }

    /** Duplicates of what is kept under this key, which stays kept; ENOENT if nothing is. */
    public List<Fd> take(String key) throws IOException {
        try (Answer answer = calls.ask(Op.TAKE, new Body().string(key))) {
            return answer.allFds();
        }
    }

    /** Closes what is kept under this key, if anything is. */
    public void drop(String key) throws IOException {
        calls.tell(Op.DROP, new Body().string(key));
    }

    /** How many descriptors are kept under which keys. */
    public Map<String, Integer> kept() throws IOException {
        try (Answer answer = calls.ask(Op.LIST, new Body())) {
            Map<String, Integer> kept = new LinkedHashMap<>();
            for (int left = answer.u16(); left > 0; left--) kept.put(answer.string(), answer.u16());
            return kept;
        }
    }

    /**
     * Keeps a note for agents to come; an empty one removes it. ENOSPC past 64 KiB a note, 1 MiB or 256 notes in all.
     *
     * @param key at most 64 bytes
     */
    public void note(String key, byte[] bytes) throws IOException {
        calls.tell(Op.NOTE, new Body().string(key).blob(bytes));
    }

    /** The note under this key. */
    public Optional<byte[]> note(String key) throws IOException {
        try (Answer answer = calls.ask(Op.NOTE_GET, new Body().string(key))) {
            byte[] note = answer.blob();
            return note.length == 0 ? Optional.empty() : Optional.of(note);
        }
    }

    /** All notes. */
    public Map<String, byte[]> notes() throws IOException {
        List<String> keys = new ArrayList<>();
        try (Answer answer = calls.ask(Op.NOTES, new Body())) {
            for (int left = answer.u16(); left > 0; left--) {
                keys.add(answer.string());
                answer.u32();
            }
        }
        Map<String, byte[]> notes = new LinkedHashMap<>();
        for (String key : keys) note(key).ifPresent(note -> notes.put(key, note));
        return notes;
    }

    /**
     * The home stub writes what the process wrote while away, each byte once: it leaves out what it has had before
     * {@code offset}. ESTALE for an epoch that is not the register's; ERANGE if bytes before the offset are
     * missing.
     *
     * @param offset of the first byte, counted from the begin of this epoch
     * @param bytes at most {@link #MAX_BYTES}
     * @return the offset reached; less than was sent if the reader of the pod's output is slow: send the rest later
     */
    public long out(StandardStream stream, long epoch, long offset, byte[] bytes) throws IOException {
        Body body = new Body().u8(stream.number()).u64(epoch).u64(offset).blob(bytes);
        try (Answer answer = calls.ask(Op.OUT, body)) {
            return answer.u64();
        }
    }

    /** The offset that {@link #out} has reached in this epoch; ESTALE if a newer one has begun. */
    public long outAt(StandardStream stream, long epoch) throws IOException {
        try (Answer answer = calls.ask(Op.OUT_AT, new Body().u8(stream.number()).u64(epoch))) {
            return answer.u64();
        }
    }

    /**
     * The guest stub discards bytes of its pipe until {@code upto} in all are consumed since the pipe was made.
     *
     * @return the bytes consumed in all
     */
    public long consume(StandardStream stream, long upto) throws IOException {
        try (Answer answer =
                calls.ask(Op.CONSUME, new Body().u8(stream.number()).u64(upto))) {
            return answer.u64();
        }
    }

    /**
     * Gives the process bytes to read; what it has read or not yet is kept here, up to a bound. Bytes that have come are
     * left out; ERANGE if some before the offset are missing, EPIPE if they come after the last.
     *
     * @param bytes at most {@link #MAX_BYTES}, of which the first may be taken only: send the rest later; none, to ask
     * @return how far it has come
     */
    public Fed input(FedBytes bytes) throws IOException {
        Body body = new Body().u64(bytes.offset()).u8(bytes.last() ? 1 : 0).blob(bytes.bytes());
        try (Answer answer = calls.ask(Op.INPUT, body)) {
            return new Fed(answer.u64(), answer.u64(), answer.u8() != 0);
        }
    }

    /**
     * What the home stub has of the input, for whoever has the process; nothing is taken away by reading it. ERANGE if so
     * much has not come.
     *
     * @param consumed so much the process has read: it need not be kept
     * @param from where to begin; later where that has been read
     */
    public FedBytes inputFrom(long consumed, long from) throws IOException {
        try (Answer answer = calls.ask(Op.INPUT_READ, new Body().u64(consumed).u64(from))) {
            long offset = answer.u64();
            boolean last = answer.u8() != 0;
            return new FedBytes(offset, answer.blob(), last);
        }
    }

    /**
     * New pipes for a tree that comes; EBUSY while one is here, EAGAIN while the home stub has not yet written out
     * what was in the old ones.
     */
    public void resetStreams() throws IOException {
        calls.tell(Op.RESET, new Body());
    }

    /**
     * The process has ended elsewhere: the home stub writes out what it has and exits likewise. EBUSY while the
     * process is here.
     *
     * @param status as wait(2) encodes it
     */
    public void finish(int status) throws IOException {
        calls.tell(Op.FINISH, new Body().u32(status));
    }

    /** The guest stub exits, and its pod ends with all that is in it. */
    public void end() throws IOException {
        calls.tell(Op.END, new Body());
    }

    @Override
    public void close() {
        calls.close();
    }
}
