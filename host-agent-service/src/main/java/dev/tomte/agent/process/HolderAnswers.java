package dev.tomte.agent.process;

import dev.tomte.agent.peer.HolderCalls;
import dev.tomte.wire.Holding;
import dev.tomte.wire.ProcessKey;
import dev.tomte.wire.SignalAnswer;
import dev.tomte.wire.SignalCall;
import java.io.IOException;
import java.util.Optional;

/** What this host answers as the holder of guests; only a guest's own home is told of it. */
public final class HolderAnswers implements HolderCalls {
    private static final int HIGHEST_SIGNAL = 64;

    private final Guests guests;

    public HolderAnswers(Guests guests) {
        this.guests = guests;
    }

    @Override
    public Holding ask(String caller, ProcessKey key) throws IOException {
        return guests.holding(caller, key);
    }

    @Override
    public SignalAnswer signal(String caller, SignalCall call) throws IOException {
        if (call.getSignal() < 1 || call.getSignal() > HIGHEST_SIGNAL) return answer(false, "there is no such signal");
        ProcessKey key = call.getKey();
        Optional<Guest> guest = guests.at(key.getProcess(), key.getIncarnation(), key.getEpoch())
                .filter(it -> it.home().host().equals(caller));
        if (guest.isEmpty()) return answer(false, "it is not here");
        return guest.get().tree().signal(call.getSignal())
                ? answer(true, "")
                : answer(false, "it stands still for a move");
    }

    private static SignalAnswer answer(boolean delivered, String why) {
        return SignalAnswer.newBuilder().setDelivered(delivered).setWhy(why).build();
    }
}
