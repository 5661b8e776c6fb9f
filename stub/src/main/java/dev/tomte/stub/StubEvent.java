package dev.tomte.stub;

/** What a stub says by itself to a connection that has subscribed. */
public sealed interface StubEvent {
    /** The root has exited; remembered by the stub until acknowledged. */
    record Exited(Exit exit) implements StubEvent {}

    /**
     * The pod shall end.
     *
     * @param signal SIGTERM, SIGINT, SIGHUP or SIGQUIT
     * @param inside whether a process of the pod sent it
     */
    record Terminate(int signal, boolean inside) implements StubEvent {}

    /** The connection is gone: the stub has ended, or has thrown this client out. The last event. */
    record Closed() implements StubEvent {}
}
