package dev.tomte.agent.process;

import dev.tomte.agent.pod.StubLine;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Identity;
import dev.tomte.home.mount.GuestMount;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Guests' files by the home proxy. */
public final class FuseMounting implements Guests.Mounting {
    private static final Duration HOME_ANSWERS = Duration.ofSeconds(15);

    private final Identity identity;
    private final int originPort;

    /** @param originPort of all hosts */
    public FuseMounting(Identity identity, int originPort) {
        this.identity = identity;
        this.originPort = originPort;
    }

    @Override
    public GuestMount open(StubLine stub, MovePlan plan, long epoch) throws IOException {
        return GuestMount.open(config(stub, plan, epoch), HOME_ANSWERS);
    }

    @Override
    public @Nullable GuestMount resume(StubLine stub, MovePlan plan, long epoch) throws IOException {
        return GuestMount.resume(config(stub, plan, epoch)).orElse(null);
    }

    private GuestMount.Config config(StubLine stub, MovePlan plan, long epoch) {
        return new GuestMount.Config(
                plan.process(),
                plan.incarnation(),
                epoch,
                new InetSocketAddress(plan.homeAddress(), originPort),
                plan.home(),
                identity.directory(),
                stub.pod().stubPid(),
                new StubKeeper(stub));
    }
}
