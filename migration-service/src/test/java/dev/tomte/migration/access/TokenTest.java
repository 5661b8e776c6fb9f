package dev.tomte.migration.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TokenTest {
    @Test
    void aBearersTokenIsTaken() {
        assertEquals("aB1-._~+/==", Token.of("Bearer aB1-._~+/==").orElseThrow().value());
        assertEquals("x", Token.of("bearer  x").orElseThrow().value());
        assertEquals(
                Token.LONGEST,
                Token.of("Bearer " + "x".repeat(Token.LONGEST))
                        .orElseThrow()
                        .value()
                        .length());
    }

    @Test
    void whatCannotBeATokenIsNotAskedOf() {
        for (String hostile : List.of(
                "",
                "Bearer",
                "Bearer ",
                "Basic eA==",
                "Bearerx",
                "Bearer x y",
                "Bearer x\ny",
                "Bearer x\r\nX-Remote-User: admin",
                "Bearer x\u0000",
                "Bearer \u001b[2J",
                "Bearer ünsound",
                "Bearer x,Bearer y",
                "Bearer {\"a\":1}",
                "Bearer =x",
                "Bearer " + "x".repeat(Token.LONGEST + 1),
                "Bearer x" + "=".repeat(1 << 20))) assertTrue(Token.of(hostile).isEmpty(), hostile);
    }

    @Test
    void itNeverSaysItself() {
        Token token = StandInCluster.token("secret");
        Caller.User user = new Caller.User("u", "", List.of(), java.util.Map.of(), token);
        assertEquals(-1, (token + " " + user).indexOf("secret"));
        assertEquals(token, StandInCluster.token("secret"));
        assertNotEquals(token, StandInCluster.token("secreT"));
    }
}
