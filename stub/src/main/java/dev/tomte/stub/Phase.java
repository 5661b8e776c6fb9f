package dev.tomte.stub;

/** What a stub has to do with the process at the moment. The order is the wire's. */
public enum Phase {
    /** Nothing was started or adopted yet. */
    EMPTY,
    /** The process was forked and waits for {@link StubConnection#go} before its exec. */
    HELD,
    /** The process runs here: started here, or restored and adopted. */
    HERE,
    /** The process has left; deaths here are not its exit. */
    AWAY,
    /** The process has exited here, and its exit is not acknowledged yet. */
    EXITED,
    /** The end is decided: the stub writes out what is left and exits. */
    ENDING
}
