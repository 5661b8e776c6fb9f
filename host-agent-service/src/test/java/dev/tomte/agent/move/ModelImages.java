package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** A checkpoint of one file, in the model. */
record ModelImages(World world, MoveNotes.Role who) implements Images {
    @Override
    public Leaving leave(MovePlan plan, Tree tree) throws IOException {
        Tree.Dump dump = tree.readyDump(Path.of("/images"));
        return new Leaving() {
            @Override
            public Tree.Checkpoint checkpoint() {
                return dump.checkpoint();
            }

            @Override
            public void precopy(Target.Transfer transfer, BooleanSupplier wanted) throws IOException {
                if (wanted.getAsBoolean()) transfer.send(1, "pages-1.img", 0, ByteBuffer.allocate(4));
            }

            @Override
            public Sent send(Target.Transfer transfer) throws IOException {
                dump.write();
                transfer.send(0, "pages-1.img", 0, ByteBuffer.allocate(4));
                return new Sent(2, 8, 1);
            }

            @Override
            public void end() throws IOException {
                dump.end();
            }

            @Override
            public void close() {
                dump.close();
            }
        };
    }

    @Override
    public Arriving receive(MovePlan plan) {
        return new Arriving() {
            private final long[] arrived = new long[2];

            @Override
            public Path directory() {
                return Path.of("/images");
            }

            @Override
            public void write(int layer, String file, long offset, ByteBuffer data) throws IOException {
                if (offset != arrived[layer]) throw new IOException("a gap");
                arrived[layer] += data.remaining();
            }

            @Override
            public void end(long files, long bytes) throws IOException {
                if (bytes != arrived[0] + arrived[1]) throw new IOException("not all is here");
            }
        };
    }

    @Override
    public void discard(MovePlan plan) {
        world.step(who, "discards images");
    }
}
