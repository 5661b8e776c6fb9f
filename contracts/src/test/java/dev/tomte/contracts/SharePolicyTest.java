package dev.tomte.contracts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharePolicyTest {
    @ParameterizedTest
    @CsvSource({
        "none, ada, false",
        "none, bob, false",
        "owner, ada, true",
        "owner, bob, false",
        "all, ada, true",
        "all, bob, true"
    })
    void adasHostTakesAndLetsGo(String word, String user, boolean allowed) {
        SharePolicy none = new SharePolicy("ws1", "ada", Who.NONE, Who.NONE, false);
        assertEquals(allowed, none.withImports(Who.of(word)).mayImport(user));
        assertEquals(false, none.withImports(Who.of(word)).mayExport(user));
        assertEquals(allowed, none.withExports(Who.of(word)).mayExport(user));
    }

    @Test
    void refusesWhatMeansNothing() {
        assertThrows(IllegalArgumentException.class, () -> Who.of("everybody"));
        assertThrows(
                IllegalArgumentException.class,
                () -> SharePolicy.open("ws1", "").withImports(Who.OWNER));
        assertThrows(IllegalArgumentException.class, () -> SharePolicy.open("Ws 1", ""));
        assertThrows(IllegalArgumentException.class, () -> new SharePolicy("ws1", "../x", Who.ALL, Who.ALL, false));
    }

    @Test
    void oneThatDrainsTakesInNothingAndLetsGoWhatItDid() {
        SharePolicy draining = SharePolicy.open("ws1", "ada").draining(true);
        assertEquals(false, draining.mayImport("ada"));
        assertEquals(true, draining.mayExport("bob"));
        assertEquals(true, draining.draining(false).mayImport("bob"));
    }
}
