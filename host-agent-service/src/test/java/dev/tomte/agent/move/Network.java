package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The messages of the model: each is numbered, and has the fault that the run has for its number. */
final class Network {
    /** A call that failed for its sender. */
    static final class Unreachable extends RuntimeException {
        Unreachable(String message) {
            super(message, null, false, false);
        }
    }

    interface Call<A, T> {
        T on(A agent) throws IOException;
    }

    interface Message<T> {
        T arrive();
    }

    private record Late(boolean afterDecision, Message<?> message) {}

    private final World world;
    private final List<Late> late = new ArrayList<>();
    private int messages;
    private boolean healed;
    private boolean broken;
    private boolean breakUnnoticed;
    private int reads;

    Network(World world) {
        this.world = world;
    }

    int messages() {
        return messages;
    }

    void heal() {
        healed = true;
    }

    private <T> T send(String what, Message<T> message) throws IOException {
        Faults.Message fault = healed ? null : world.faults.messages().get(++messages);
        world.say("    message " + messages + ": " + what + (fault == null ? "" : " " + fault));
        try {
            return fault == null ? message.arrive() : send(fault, what, message);
        } catch (Unreachable e) {
            throw new IOException(what + ": " + e.getMessage());
        }
    }

    private <T> T send(Faults.Message fault, String what, Message<T> message) {
        return switch (fault) {
            case LOST -> throw new Unreachable("lost");
            case ANSWER_LOST -> {
                message.arrive();
                throw new Unreachable("answer lost");
            }
            case LATE, AFTER_THE_DECISION -> {
                late.add(new Late(fault == Faults.Message.AFTER_THE_DECISION, () -> {
                    world.say("    late: " + what);
                    return message.arrive();
                }));
                throw new Unreachable("late");
            }
            case DOUBLED -> {
                T answer = message.arrive();
                try {
                    message.arrive();
                } catch (Unreachable e) {
                    world.say("    the second was refused: " + e.getMessage());
                }
                yield answer;
            }
            case STALE -> {
                T answer = message.arrive();
                @SuppressWarnings("unchecked") // only a register has an earlier value
                T earlier = what.startsWith("read") ? (T) new Register("pod-1", World.EPOCH, World.SOURCE) : answer;
                yield earlier;
            }
        };
    }

    /** @param all also those that wait for the decision, whether there is one or not */
    void deliverLate(boolean all) {
        boolean decided = world.register.epoch() > World.EPOCH;
        List<Late> now = new ArrayList<>(late);
        now.removeIf(it -> it.afterDecision() && !decided && !all);
        late.removeAll(now);
        for (Late it : now) {
            try {
                it.message().arrive();
            } catch (Unreachable e) {
                world.say("    the late message was refused: " + e.getMessage());
            }
        }
        if (breakUnnoticed && late.isEmpty()) connectionsBreak();
    }

    /** Both ends learn that the transfer is cut. */
    void connectionsBreak() {
        broken = true;
        breakUnnoticed = false;
        if (world.target == null) return;
        world.quietly("the transfer breaks", move -> {
            move.broken();
            return true;
        });
    }

    void connectionsDie() {
        if (breakUnnoticed) connectionsBreak();
    }

    Home home(MoveNotes.Role who) {
        return new Home() {
            @Override
            public Register read() throws IOException {
                world.step(who, "reads the register");
                Register answer = send("read by " + who, () -> world.register);
                world.step(who, "has read " + answer);
                if (who == MoveNotes.Role.TARGET && answer.epoch() == World.EPOCH && ++reads > 2)
                    answer = impatient(answer);
                return answer;
            }

            // in one thread nothing is decided while somebody waits
            @Override
            public Register awaitDecision() throws IOException {
                return read();
            }

            @Override
            public Register compareAndSet(String newHolder) throws IOException {
                world.step(who, "asks for " + newHolder);
                if (world.mutation == Mutation.NOT_TAKEN_BACK && newHolder.equals(World.SOURCE))
                    return new Register("pod-1", World.EPOCH + 1, World.SOURCE);
                try {
                    Register answer = send("compare and set " + newHolder, () -> swap(newHolder));
                    world.step(who, "is answered " + answer);
                    return answer;
                } catch (IOException e) {
                    if (world.mutation == Mutation.UNKNOWN_MEANS_NO)
                        return new Register("pod-1", World.EPOCH + 1, World.SOURCE);
                    if (world.mutation == Mutation.UNKNOWN_MEANS_YES)
                        return new Register("pod-1", World.EPOCH + 1, World.TARGET);
                    throw e;
                }
            }
        };
    }

    private Register impatient(Register answer) {
        if (world.mutation == Mutation.TARGET_RUNS_ON_A_TIMEOUT)
            return new Register("pod-1", World.EPOCH + 1, World.TARGET);
        if (world.mutation == Mutation.TARGET_DESTROYS_ON_A_TIMEOUT)
            return new Register("pod-1", World.EPOCH + 1, World.SOURCE);
        return answer;
    }

    private Register swap(String newHolder) {
        if (world.register.names(World.EPOCH, World.SOURCE) || world.mutation == Mutation.SET_WITHOUT_COMPARE)
            world.register = new Register("pod-1", World.EPOCH + 1, newHolder);
        world.say("    the register: " + world.register);
        return world.register;
    }

    Target target() {
        return new Target() {
            @Override
            public Transfer open(Checkpoint checkpoint) throws IOException {
                world.step(MoveNotes.Role.SOURCE, "opens the transfer");
                Transfer transfer = new ModelTransfer();
                try {
                    send(
                            "hello",
                            () -> world.withTarget(move -> {
                                move.begin(World.SOURCE, "pod-1", World.EPOCH + 1, "token", checkpoint);
                                return true;
                            }));
                } catch (IOException e) {
                    breakUnnoticed = true;
                    throw e;
                }
                world.step(MoveNotes.Role.SOURCE, "has the transfer open");
                return transfer;
            }

            @Override
            public long decide(Register register) throws IOException {
                world.step(MoveNotes.Role.SOURCE, "tells the target");
                send(
                        "decide",
                        () -> world.withTarget(move -> {
                            move.ask();
                            return true;
                        }));
                world.step(MoveNotes.Role.SOURCE, "has told the target");
                return 0;
            }
        };
    }

    private final class ModelTransfer implements Target.Transfer {
        private long restoreMicros;

        @Override
        public boolean takesLayers() {
            return true;
        }

        @Override
        public long precopyRoom() {
            return 4;
        }

        @Override
        public void grown(long memoryBytes) throws IOException {
            stream("growth", move -> {
                move.grown(memoryBytes);
                return 0L;
            });
        }

        @Override
        public void send(int layer, String file, long offset, ByteBuffer data) throws IOException {
            stream(layer == 0 ? "image" : "memory", move -> {
                move.write(layer, file, offset, data);
                return 0L;
            });
        }

        @Override
        public void end(long files, long bytes) throws IOException {
            restoreMicros = stream("end", move -> move.end(files, bytes));
        }

        @Override
        public long awaitRestored() {
            return restoreMicros;
        }

        private long stream(String what, Call<TargetMove, Long> call) throws IOException {
            world.step(MoveNotes.Role.SOURCE, "sends " + what);
            if (broken) throw new IOException("the transfer is cut");
            try {
                long answer = Network.this.send(what, () -> world.withTarget(call));
                world.step(MoveNotes.Role.SOURCE, "has sent " + what);
                return answer;
            } catch (IOException e) {
                // the connection has failed for the source; the target learns it after what is still on its way
                breakUnnoticed = true;
                throw e;
            }
        }

        @Override
        public void close() {
            if (broken || late.isEmpty()) connectionsBreak();
            else breakUnnoticed = true;
        }
    }
}
