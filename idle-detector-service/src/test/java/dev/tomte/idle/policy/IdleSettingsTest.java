package dev.tomte.idle.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdleSettingsTest {
    private final IdleSettings standard = IdleSettings.standard(Profile.WORKSTATION, 2);

    @Test
    void defaultsAreSpritesTimesAndHtcondorsLoadOnASmallHost() {
        assertEquals(30, standard.value(Setting.INPUT_QUIET));
        assertEquals(0.3, standard.value(Setting.LOAD_QUIET));
        assertEquals(0.5, standard.value(Setting.LOAD_BUSY));
        assertEquals(4, IdleSettings.standard(Profile.WORKSTATION, 16).value(Setting.LOAD_BUSY));
        assertEquals(8, IdleSettings.standard(Profile.SERVER, 16).value(Setting.LOAD_BUSY));
        assertEquals(9, standard.value(Setting.STALE));
    }

    @Test
    void othersPoliciesCanBeHad() {
        assertEquals(900, IdleSettings.htcondor(8).value(Setting.INPUT_QUIET));
        assertEquals(60, IdleSettings.htcondor(8).value(Setting.INPUT_BUSY));
        assertEquals(180, IdleSettings.boinc(8).value(Setting.INPUT_QUIET));
        assertEquals(2, IdleSettings.boinc(8).value(Setting.LOAD_BUSY));
        assertEquals(0.25, IdleSettings.boinc(1).value(Setting.LOAD_QUIET));
    }

    @ParameterizedTest
    @CsvSource({
        "input-quiet, 2min, 120",
        "input-quiet, 1.5h, 5400",
        "hold-shortest, 500ms, 0.5",
        "load-busy, 1.5, 1.5",
        "cpu-stall-busy, 25%, 0.25",
        "memory-quiet, 2GiB, 2147483648"
    })
    void readsWhatPeopleWrite(String key, String word, double value) {
        assertEquals(value, standard.with(Map.of(key, word)).value(Setting.of(key)), 1e-9);
    }

    @ParameterizedTest
    @CsvSource({
        "input-quiet, 2, seconds",
        "input-quiet, 2 days, seconds",
        "input-quiet, 5s, input-busy",
        "load-busy, many, cores",
        "load-busy, 0.1, load-quiet",
        "cpu-stall-busy, 120%, cpu-stall-busy",
        "memory-busy, 600MiB, memory-busy",
        "stale, 0s, stale",
        "input-quite, 2s, there is no setting",
        "input-quiet, -2s, seconds"
    })
    void refusesWhatCannotBeAndSaysWhich(String key, String word, String says) {
        String message =
                String.valueOf(assertThrows(IllegalArgumentException.class, () -> standard.with(Map.of(key, word)))
                        .getMessage());
        assertTrue(message.contains(says), message);
    }

    @Test
    void pairsAreChangedTogether() {
        IdleSettings quick = standard.with(Map.of("input-quiet", "2s", "input-busy", "1s"));
        assertEquals(1_000_000_000L, quick.nanos(Setting.INPUT_BUSY));
        assertThrows(IllegalArgumentException.class, () -> quick.nanos(Setting.LOAD_BUSY));
        assertThrows(IllegalArgumentException.class, () -> IdleSettings.standard(Profile.SERVER, 0));
        assertEquals(Profile.SERVER, Profile.of("server"));
        assertThrows(IllegalArgumentException.class, () -> Profile.of("laptop"));
    }
}
