package dev.tomte.home.origin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1024, 256",
        "1, 20000, 256",
        "6, 20000, 256",
        "12, 20000, 128",
        "1000, 20000, 16",
        "1, 65536, 768",
        "12, 65536, 384",
        "1, 1048576, 4096",
        "1, 9223372036854775807, 4096",
        "5000, 1048576, 16"
    })
    void moreIsDelegatedWhereMoreFilesMayBeOpen(int sessions, long openFiles, int delegations) {
        assertEquals(delegations, Limits.delegations(sessions, openFiles));
    }
}
