package dev.tomte.idle.beside;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.HostAvailability;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.RunQueueAverages;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What a detector tells the agent beside it. */
sealed interface Word extends Message {
    /** The owner has come back: every guest must stop. */
    record Returned(String why) implements Word {
        private static final int KIND = 1;

        @Override
        public void write(DataOutput out) throws IOException {
            out.writeByte(KIND);
            out.writeUTF(why);
        }
    }

    /** What is known of the host. */
    record Stands(HostAvailability now) implements Word {
        private static final int KIND = 2;

        private static Stands read(DataInput in) throws IOException {
            return new Stands(new HostAvailability(
                    Availability.State.valueOf(in.readUTF()),
                    Cause.valueOf(in.readUTF()),
                    in.readUTF(),
                    Instant.parse(in.readUTF()),
                    Duration.ofNanos(in.readLong()),
                    in.readDouble(),
                    in.readLong(),
                    in.readBoolean() ? Optional.of(Duration.ofNanos(in.readLong())) : Optional.empty(),
                    in.readBoolean() ? Optional.of(new OwnerLoad(in.readDouble(), in.readDouble())) : Optional.empty(),
                    in.readBoolean()
                            ? Optional.of(new RunQueueAverages(in.readDouble(), in.readDouble(), in.readDouble()))
                            : Optional.empty()));
        }

        @Override
        public void write(DataOutput out) throws IOException {
            out.writeByte(KIND);
            out.writeUTF(now.state().name());
            out.writeUTF(now.cause().name());
            out.writeUTF(now.why());
            out.writeUTF(now.since().toString());
            out.writeLong(now.lasting().toNanos());
            out.writeDouble(now.freeCores());
            out.writeLong(now.freeMemory());
            out.writeBoolean(now.inputIdle().isPresent());
            if (now.inputIdle().isPresent()) out.writeLong(now.inputIdle().get().toNanos());
            out.writeBoolean(now.load().isPresent());
            if (now.load().isPresent()) {
                out.writeDouble(now.load().get().owner());
                out.writeDouble(now.load().get().guests());
            }
            out.writeBoolean(now.runQueue().isPresent());
            if (now.runQueue().isPresent()) {
                out.writeDouble(now.runQueue().get().one());
                out.writeDouble(now.runQueue().get().five());
                out.writeDouble(now.runQueue().get().fifteen());
            }
        }
    }

    static Word read(DataInput in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case Returned.KIND -> new Returned(in.readUTF());
            case Stands.KIND -> Stands.read(in);
            default -> throw new IllegalArgumentException("there is no word " + kind);
        };
    }
}
