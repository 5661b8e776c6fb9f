package dev.tomte.agent.process;

import dev.tomte.agent.move.Home;
import dev.tomte.agent.process.Neighbours.Neighbour;
import dev.tomte.stub.Phase;
import dev.tomte.stub.Register;
import dev.tomte.wire.SignalAnswer;
import dev.tomte.wire.SignalCall;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The signals for a process, passed on in order to wherever it is. One that comes while it moves is passed on when it
 * has been decided where it is.
 */
final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);
    private static final long AGAIN_MILLIS = 50;

    private final Site site;
    private final HomeProcess process;
    private boolean busy;

    Signals(Site site, HomeProcess process) {
        this.site = site;
        this.process = process;
    }

    /** When this returns, the signal is not lost any more. */
    void send(int signal) throws IOException {
        process.remember(note -> note.queued(signal));
        passOn();
    }

    /** Passes on what is queued, in the background. */
    void passOn() {
        synchronized (this) {
            if (busy) return;
            busy = true;
        }
        site.threads().execute(this::run);
    }

    private void run() {
        while (true) {
            synchronized (this) {
                if (process.note().signals().isEmpty() || !process.status().isLiving()) {
                    busy = false;
                    return;
                }
            }
            try {
                int signal = process.note().signals().getFirst();
                if (deliver(signal)) process.remember(HomeNote::firstPassedOn);
                else Thread.sleep(AGAIN_MILLIS);
            } catch (IOException e) {
                LOG.debug("a signal for {} waits", process.pod().process(), e);
                if (!pause()) return;
            } catch (Home.Gone e) {
                LOG.debug("no signal for {} any more", process.pod().process(), e);
                if (!pause()) return;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(AGAIN_MILLIS);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private boolean deliver(int signal) throws IOException, Home.Gone {
        Register register = process.register();
        if (register.holder().equals(site.host()))
            return process.state().phase() == Phase.HERE && process.tree().signal(signal);
        Neighbour holder = process.holder(register);
        SignalAnswer answer = site.neighbours()
                .signal(
                        holder,
                        SignalCall.newBuilder()
                                .setKey(process.key(register))
                                .setSignal(signal)
                                .build());
        return answer.getDelivered();
    }
}
