package dev.tomte.agent.move;

import java.util.Map;
import java.util.Set;

/**
 * What goes wrong in one run of the model.
 *
 * @param messages by the message's number in the run
 * @param crashes numbers of the steps, counted over all agents, at which the agent that takes the step is killed
 * @param abortAt the source's step at which the migration is aborted at both hosts; 0 for never
 * @param restart when a killed agent comes back
 * @param polls when a target that holds a copy asks the home by itself
 */
record Faults(Map<Integer, Message> messages, Set<Integer> crashes, int abortAt, Restart restart, Polls polls) {
    static final Faults NONE = new Faults(Map.of(), Set.of(), 0, Restart.AT_ONCE, Polls.WHILE_WAITING);

    enum Message {
        /** It never arrives; the sender learns that its call failed. */
        LOST,
        /** It is acted on; the sender learns that its call failed. */
        ANSWER_LOST,
        /** The sender learns that its call failed; it arrives when the sender next waits or ends. */
        LATE,
        /** The sender learns that its call failed; it arrives after the home has decided, or at the end. */
        AFTER_THE_DECISION,
        /** It is acted on twice. */
        DOUBLED,
        /** An answer is overtaken: it says what was true in the beginning. */
        STALE
    }

    enum Restart {
        AT_ONCE,
        AT_THE_END
    }

    enum Polls {
        WHILE_WAITING,
        AT_EVERY_STEP
    }

    Faults with(int message, Message fault) {
        Map<Integer, Message> more = new java.util.TreeMap<>(messages);
        more.put(message, fault);
        return new Faults(more, crashes, abortAt, restart, polls);
    }

    Faults crash(int step) {
        Set<Integer> more = new java.util.TreeSet<>(crashes);
        more.add(step);
        return new Faults(messages, more, abortAt, restart, polls);
    }

    Faults abort(int step) {
        return new Faults(messages, crashes, step, restart, polls);
    }

    Faults when(Restart restart, Polls polls) {
        return new Faults(messages, crashes, abortAt, restart, polls);
    }
}
