package dev.tomte.agent.process;

import dev.tomte.agent.streams.Bases;
import dev.tomte.contracts.Command.MovePlan;

/**
 * What a holder's agent must remember of a guest; kept by the guest stub.
 *
 * @param plan of the move that brought, or is to bring, it here
 * @param epoch that it has, or will have, here
 * @param bases where an epoch begins in its output; the last one's, until the home has said where the newer begins
 * @param rootPid of the tree that was restored; 0: none yet
 * @param fed whether its standard input comes from home
 * @param runs whether the register has named this host; the tree stands until then
 */
record GuestNote(MovePlan plan, long epoch, Bases bases, int rootPid, boolean fed, boolean runs) {
    static GuestNote room(MovePlan plan) {
        return new GuestNote(plan, plan.nextEpoch(), new Bases(plan.nextEpoch(), 0, 0), 0, false, false);
    }

    GuestNote restored(int pid, boolean isFed) {
        return new GuestNote(plan, epoch, bases, pid, isFed, runs);
    }

    GuestNote running() {
        return new GuestNote(plan, epoch, bases, rootPid, fed, true);
    }

    GuestNote at(long newer) {
        return new GuestNote(plan, newer, bases, rootPid, fed, runs);
    }

    GuestNote since(Bases newer) {
        return new GuestNote(plan, epoch, newer, rootPid, fed, runs);
    }
}
