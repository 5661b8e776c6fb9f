package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Request.Launch;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** The pods of one of the model's hosts. */
record ModelRooms(World world, MoveNotes.Role who) implements Rooms {
    @Override
    public Tree.Room open(MovePlan plan, Launch launch, long memory) {
        step("opens the room");
        world.room = true;
        return new ModelRoom();
    }

    @Override
    public void admit(MovePlan plan, long memoryBytes) {
        step("admits " + memoryBytes);
    }

    @Override
    public long precopyRoom(MovePlan plan, long memoryBytes) {
        return 4;
    }

    @Override
    public Optional<Tree.Room> find(MovePlan plan) {
        step("finds the room");
        return world.room ? Optional.of(new ModelRoom()) : Optional.empty();
    }

    @Override
    public void takeDownOthers(Set<String> migrations) {
        if (migrations.isEmpty() && world.atTarget != World.Copy.RUNS) world.room = false;
    }

    @Override
    public Optional<Tree> tree(MovePlan plan) {
        step("finds the tree");
        return world.atSource == World.Copy.NONE ? Optional.empty() : Optional.of(world.tree());
    }

    @Override
    public void stays(MovePlan plan, long epoch) {
        step("stays at " + epoch);
        world.staysAt = epoch;
        step("has stayed");
    }

    @Override
    public void left(MovePlan plan) {
        step("leaves");
        world.left = true;
        step("has left");
    }

    private void step(String what) {
        world.step(who, what);
    }

    private final class ModelRoom implements Tree.Room {
        @Override
        public void makeReady() {
            step("makes ready");
        }

        @Override
        public void readyRestore(Path images, Tree.Checkpoint checkpoint) {
            step("gets a restore ready");
        }

        @Override
        public void restore() {
            step("restores");
            world.atTarget = World.Copy.FROZEN;
            step("has restored");
        }

        @Override
        public void run() {
            step("runs it");
            if (!world.register.names(World.EPOCH + 1, World.TARGET))
                throw new World.Violation("the target runs, and the register says " + world.register);
            if (world.atTarget == World.Copy.NONE) throw new World.Violation("the target has nothing to run");
            world.atTarget = World.Copy.RUNS;
            world.checkCopies();
            step("has let it run");
        }

        @Override
        public void destroy() {
            step("takes the room down");
            if (world.register.names(World.EPOCH + 1, World.TARGET))
                throw new World.Violation("the target destroys, and the register says " + world.register);
            world.atTarget = World.Copy.NONE;
            world.room = false;
            // the stub's memory goes with its pod
            world.notes.remove(MoveNotes.Role.TARGET);
            step("has taken the room down");
        }
    }
}
