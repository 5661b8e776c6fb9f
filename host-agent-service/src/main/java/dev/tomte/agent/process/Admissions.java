package dev.tomte.agent.process;

import dev.tomte.agent.move.Home;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.home.origin.Admission;
import dev.tomte.home.origin.HomePod;
import dev.tomte.home.origin.Homes;
import dev.tomte.stub.Register;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Who may have a session with a home pod's files: whom the register names, and whom it is to name next. */
public final class Admissions implements Homes {
    private final HomeProcesses homes;

    public Admissions(HomeProcesses homes) {
        this.homes = homes;
    }

    @Override
    public Optional<HomePod> find(String process, String incarnation) {
        return homes.find(process, incarnation).map(it -> {
            int uid = it.pod().record().launch().uid();
            return new HomePod(it.pod().stubPid(), uid, uid, List.of(), new StubKeeper(it.stub()));
        });
    }

    @Override
    public Admission admit(String process, String incarnation, long epoch, String holder) throws IOException {
        Optional<HomeProcess> there = homes.find(process, incarnation);
        if (there.isEmpty()) return homes.isComplete() ? Admission.STALE : Admission.LATER;
        Register register;
        try {
            register = there.get().register();
        } catch (Home.Gone e) {
            return Admission.STALE;
        }
        if (epoch == register.epoch()) return register.holder().equals(holder) ? Admission.CURRENT : Admission.STALE;
        if (epoch < register.epoch()) return Admission.STALE;
        MovePlan expected = there.get().note().expected();
        boolean next = expected != null
                && expected.epoch() == register.epoch()
                && expected.nextEpoch() == epoch
                && expected.target().equals(holder);
        // What tells of the move may still be on its way.
        return next ? Admission.NEXT : Admission.LATER;
    }
}
