package dev.tomte.home.origin;

import java.time.Duration;

/** What one guest may use of its home's origin. */
final class Limits {
    /**
     * Files that the guest's kernel knows before it is asked to forget some: about 500 bytes each, with the ids
     * by which events name them; 40 MB in all. Beyond a quarter more home forgets by itself.
     */
    static final int NODES = 1 << 16;

    /** Names that the guest's kernel may believe, those of nothing too: about 150 bytes each. */
    static final int NAMES = 1 << 17;

    /** Notices that wait to be sent; beyond, the guest is told to believe nothing. */
    static final int NOTICES = 8192;

    /** O_PATH descriptors of a session; others are opened again by path. */
    private static final int PATH_FDS = 1024;

    /**
     * Of all sessions together, as long as each has use for its share: who came when there were few keeps what it had
     * until it opens another. With 50 guests it is 14,000 at worst; RLIMIT_NOFILE may be 20,000.
     */
    private static final int PATH_FDS_OF_ALL = 4096;

    /** A path of many directories must not need one that it has just closed. */
    private static final int FEWEST_PATH_FDS = 48;

    /** Open files of a session: what a process may have by default, for a few processes. */
    static final int HANDLES = 4096;

    /** Files that are delegated to a session's guest, with two descriptors each: a program's headers and libraries. */
    private static final int DELEGATIONS = 256;

    /** Of all sessions together, but each may have the fewest: 3000 descriptors, and 1600 with 50 guests. */
    private static final int DELEGATIONS_OF_ALL = 1536;

    private static final int FEWEST_DELEGATIONS = 16;

    /** Waiting lock requests of a session; each is a thread in the guest. */
    static final int LOCK_WAITERS = 1024;

    /** Under how many names an open file, or what processes have locked through it, is kept for a move. */
    static final int HELD = 256;

    /** Answers that are remembered because the guest has not yet said that they arrived. */
    static final int ANSWERS = 65_536;

    /** Sessions of all guests of which it is remembered that they have ended: about 200 bytes each. */
    static final int ENDED = 4096;

    /** Connections of all guests together: four of each, and some that are being replaced. */
    static final int CONNECTIONS = 512;

    /** From accept to hello. */
    static final Duration HANDSHAKE = Duration.ofSeconds(10);

    private Limits() {}

    /** Delegations of a session when there are so many. */
    static int delegations(int sessions) {
        return Math.clamp(DELEGATIONS_OF_ALL / Math.max(1, sessions), FEWEST_DELEGATIONS, DELEGATIONS);
    }

    /** O_PATH descriptors of a session when there are so many. */
    static int pathDescriptors(int sessions) {
        return Math.clamp(PATH_FDS_OF_ALL / Math.max(1, sessions), FEWEST_PATH_FDS, PATH_FDS);
    }
}
