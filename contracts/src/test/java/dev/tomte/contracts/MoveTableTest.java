package dev.tomte.contracts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MoveTableTest {
    @ParameterizedTest
    @EnumSource(MoveState.class)
    void everyMoveIsLegalOrThrows(MoveState from) {
        for (MoveState to : MoveState.values()) {
            if (MoveTable.isLegal(from, to)) assertEquals(to, MoveTable.advance(from, to));
            else assertThrows(IllegalStateException.class, () -> MoveTable.advance(from, to));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = MoveState.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"UNKNOWN"})
    void everyStateIsReachedAndLeadsToAnEnd(MoveState state) {
        assertTrue(state == MoveState.REQUESTED || MoveTable.isAhead(MoveState.REQUESTED, state));
        assertEquals(state.isFinal(), MoveTable.next(state).isEmpty());
    }

    @Test
    void whatIsFrozenIsNeverRefused() {
        for (MoveState state : EnumSet.of(MoveState.FROZEN, MoveState.RESTORED, MoveState.COMMITTED))
            assertFalse(MoveTable.isAhead(state, MoveState.REFUSED));
    }

    @Test
    void whatIsCommittedIsNeverRolledBack() {
        assertFalse(MoveTable.isAhead(MoveState.COMMITTED, MoveState.ROLLED_BACK));
    }
}
