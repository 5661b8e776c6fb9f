package dev.tomte.stub;

import java.util.Optional;

/**
 * What a stub knows of its process.
 *
 * @param kind home or guest
 * @param phase what the stub does with the process
 * @param rootPid the process' PID in the pod: running, or the last one that ran; 0 before the first
 * @param exit an exit that is not acknowledged
 * @param terminations how many signals that ask for the pod's end have come
 */
public record StubState(StubKind kind, Phase phase, int rootPid, Optional<Exit> exit, int terminations) {}
