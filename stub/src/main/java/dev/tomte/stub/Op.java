package dev.tomte.stub;

/** What a message is about, as numbered on the wire. */
enum Op {
    HELLO(1),
    STATE(2),
    START(3),
    GO(4),
    FDS(5),
    REGISTER(6),
    COMPARE_AND_SET(7),
    ADOPT(8),
    FORGET(9),
    EXIT(10),
    ACKNOWLEDGE_EXIT(11),
    SUBSCRIBE(12),
    KEEP(13),
    TAKE(14),
    DROP(15),
    LIST(16),
    NOTE(17),
    NOTE_GET(18),
    NOTES(19),
    OUT(20),
    OUT_AT(21),
    CONSUME(22),
    RESET(23),
    FINISH(24),
    END(25),
    ROOT(26),
    INPUT_PIPE(27),
    INPUT(28),
    INPUT_READ(29);

    static final int ANSWER = 0x8000;
    static final int EVENT_EXIT = 0xC001;
    static final int EVENT_TERMINATE = 0xC002;

    final int code;

    Op(int code) {
        this.code = code;
    }
}
