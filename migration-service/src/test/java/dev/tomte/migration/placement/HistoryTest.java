package dev.tomte.migration.placement;

import static dev.tomte.migration.placement.Office.NOW;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private final List<Migration> moves = new ArrayList<>();

    private HistoryTest moved(Reason reason, String target, MoveState state, int secondsAgo) {
        Instant at = NOW.minusSeconds(secondsAgo);
        MovePlan plan = new MovePlan(
                "m-" + moves.size(), "p-1", "pod-1", 1, "ws1", "ws9", target, "", "", "", "token", at.plusSeconds(60));
        moves.add(new Migration(
                plan,
                "p",
                state,
                reason,
                "placement",
                "",
                List.of(),
                "",
                Map.of(MoveState.REQUESTED, at, state, at),
                Map.of(),
                0,
                1));
        return this;
    }

    private History history() {
        return new History(moves, NOW, Limits.STANDARD);
    }

    @Test
    void onlyOwnMovesOfTheLastHourCount() {
        moved(Reason.PLACEMENT, "ws2", MoveState.SETTLED, 4000)
                .moved(Reason.PLACEMENT, "ws2", MoveState.SETTLED, 3000)
                .moved(Reason.OPERATOR, "ws3", MoveState.SETTLED, 2000)
                .moved(Reason.OWNER, "ws1", MoveState.SETTLED, 1000);
        assertEquals(2, history().recent());
    }

    @Test
    void anEvictedProcessRests() {
        moved(Reason.OWNER, "ws1", MoveState.SETTLED, 10);
        assertEquals(NOW.plusSeconds(20), history().restsUntil());
        moved(Reason.PLACEMENT, "ws2", MoveState.SETTLED, 5);
        assertEquals(NOW.plusSeconds(20), history().restsUntil());
    }

    @Test
    void eachFailureInARowDoublesTheRest() {
        moved(Reason.PLACEMENT, "ws2", MoveState.REFUSED, 10);
        assertEquals(NOW.plusSeconds(50), history().restsUntil());
        moved(Reason.PLACEMENT, "ws3", MoveState.ROLLED_BACK, 500);
        assertEquals(NOW.plusSeconds(110), history().restsUntil());
        moved(Reason.PLACEMENT, "ws3", MoveState.SETTLED, 700).moved(Reason.PLACEMENT, "ws3", MoveState.REFUSED, 900);
        assertEquals(NOW.plusSeconds(110), history().restsUntil());
        for (int i = 0; i < 20; i++) moved(Reason.PLACEMENT, "ws2", MoveState.REFUSED, 5);
        assertEquals(NOW.plusSeconds(3595), history().restsUntil());
        assertEquals(Set.of("ws2", "ws3"), history().avoided());
    }

    @Test
    void anEvictionThatFailedIsTriedAgainSoon() {
        assertEquals(Instant.EPOCH, history().staysUntil());
        moved(Reason.OWNER, "ws3", MoveState.ROLLED_BACK, 1);
        assertEquals(NOW.plusSeconds(1), history().staysUntil());
        for (int i = 0; i < 20; i++) moved(Reason.POLICY, "ws3", MoveState.REFUSED, 1);
        assertEquals(NOW.plusSeconds(59), history().staysUntil());
    }

    @Test
    void whoWasPutSomewhereIsThereUntilTheNextMove() {
        moved(Reason.OPERATOR, "ws2", MoveState.SETTLED, 100);
        assertEquals(true, history().wasPutOn("ws2"));
        assertEquals(false, history().wasPutOn("ws3"));
        moved(Reason.OWNER, "ws2", MoveState.REFUSED, 90);
        assertEquals(true, history().wasPutOn("ws2"));
        moved(Reason.OWNER, "ws1", MoveState.SETTLED, 80).moved(Reason.PLACEMENT, "ws2", MoveState.SETTLED, 50);
        assertEquals(false, history().wasPutOn("ws2"));
    }

    @Test
    void whatHasNotEndedIsUnderWay() {
        moved(Reason.OPERATOR, "ws2", MoveState.SETTLED, 100);
        assertEquals(false, history().isUnderWay());
        moved(Reason.OPERATOR, "ws3", MoveState.FROZEN, 1);
        assertEquals(true, history().isUnderWay());
    }
}
