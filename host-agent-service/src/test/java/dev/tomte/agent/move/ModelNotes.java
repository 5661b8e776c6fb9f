package dev.tomte.agent.move;

import dev.tomte.contracts.Command.MovePlan;
import java.util.List;

/** The stubs' memory, in the model. */
record ModelNotes(World world, MoveNotes.Role who) implements MoveNotes {
    @Override
    public void put(MovePlan plan, Role role, byte[] note) {
        MoveNote.Stage stage = MoveNote.of(note).stage();
        world.step(who, "notes " + stage);
        boolean forgotten = switch (world.mutation) {
            case PROPOSAL_NOT_NOTED -> stage == MoveNote.Stage.PROPOSED;
            case RESTORED_NOT_NOTED -> stage == MoveNote.Stage.RESTORED;
            default -> false;
        };
        if (!forgotten) world.notes.put(role, note);
        world.step(who, "has noted " + stage);
    }

    @Override
    public void clear(MovePlan plan, Role role) {
        world.step(who, "forgets");
        // else an agent that is killed now leaves a move of which nobody ever says how it ended
        if (role == Role.SOURCE && world.notes.containsKey(role) && !world.kept.containsKey(role))
            throw new World.Violation("the source forgets a move whose end is not kept");
        world.notes.remove(role);
        world.step(who, "has forgotten");
    }

    @Override
    public List<byte[]> all() {
        return List.copyOf(world.notes.values());
    }
}
