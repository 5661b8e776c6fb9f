package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

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
            public Sent send(Target.Transfer transfer) throws IOException {
                dump.write();
                transfer.send("pages-1.img", 0, ByteBuffer.allocate(4));
                return new Sent(1, 4, 1);
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
            private long arrived;

            @Override
            public Path directory() {
                return Path.of("/images");
            }

            @Override
            public void write(String file, long offset, ByteBuffer data) throws IOException {
                if (offset != arrived) throw new IOException("a gap");
                arrived += data.remaining();
            }

            @Override
            public void end(long files, long bytes) throws IOException {
                if (bytes != arrived) throw new IOException("not all is here");
            }
        };
    }

    @Override
    public void discard(MovePlan plan) {
        world.step(who, "discards images");
    }
}
