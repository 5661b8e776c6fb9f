package dev.tomte.stub;

/** Which pod a stub is PID 1 of. */
public enum StubKind {
    HOME,
    GUEST
}
