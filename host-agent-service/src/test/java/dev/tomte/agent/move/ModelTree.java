package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The tree at its source, in the model. */
record ModelTree(World world) implements Tree {
    @Override
    public List<String> obstacles() {
        step("looks for obstacles");
        return List.of();
    }

    @Override
    public void freeze(Duration deadline) {
        step("freezes");
        world.atSource = World.Copy.FROZEN;
        step("has frozen");
    }

    @Override
    public boolean isFrozen() {
        return world.atSource == World.Copy.FROZEN;
    }

    @Override
    public void thaw() {
        step("thaws");
        letGoOf();
        if (!world.register.holder().equals(World.SOURCE))
            throw new World.Violation("the source thaws, and the register says " + world.register);
        world.atSource = World.Copy.RUNS;
        world.checkCopies();
        step("has thawed");
    }

    @Override
    public Dump readyDump(Path images) {
        step("gets a dump ready");
        return new Dump() {
            @Override
            public Checkpoint checkpoint() {
                return World.checkpoint();
            }

            @Override
            public boolean leaveMemory() {
                return true;
            }

            @Override
            public void write() {
                step("dumps");
                if (world.atSource != World.Copy.FROZEN) throw new World.Violation("a running tree is dumped");
                world.dumped = true;
            }

            @Override
            public void end() {
                step("is let go of");
                world.dumped = false;
            }

            @Override
            public void close() {
                world.dumped = false;
            }
        };
    }

    @Override
    public void drainOutput() {
        step("drains");
        letGoOf();
    }

    private void letGoOf() {
        if (world.dumped) throw new World.Violation("the source goes on, and what dumps holds the tree");
    }

    @Override
    public void destroy() {
        step("destroys");
        letGoOf();
        if (world.register.holder().equals(World.SOURCE))
            throw new World.Violation("the source destroys, and the register says " + world.register);
        world.atSource = World.Copy.NONE;
        step("has destroyed");
    }

    @Override
    public List<Integer> processes() {
        return List.of();
    }

    @Override
    public long cpuMicros() {
        return 0;
    }

    @Override
    public long memoryBytes() {
        return 1;
    }

    private void step(String what) {
        world.step(MoveNotes.Role.SOURCE, what);
    }
}
