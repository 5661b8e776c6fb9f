package dev.tomte.agent.move;

import java.time.Duration;

/** All that a move reaches out to. */
public record Surroundings(
        String host,
        Home.Homes homes,
        Target.Targets targets,
        Rooms rooms,
        Images images,
        MoveNotes notes,
        Outcomes outcomes,
        Pause pause,
        FailPoint failPoint,
        Duration freezeDeadline) {
    /** How long a tree may take to stand still before the move is given up. */
    public static final Duration FREEZE_DEADLINE = Duration.ofSeconds(2);

    Surroundings withOutcomes(Outcomes others) {
        return new Surroundings(host, homes, targets, rooms, images, notes, others, pause, failPoint, freezeDeadline);
    }
}
