package dev.tomte.home.origin;

import java.io.IOException;
import java.util.Optional;

/** The home pods of this host and their registers. Called by connection threads: any thread, several at once. */
public interface Homes {
    /** The home pod of that process, if it lives here in that incarnation. */
    Optional<HomePod> find(String process, String incarnation);

    /**
     * What the register says of a session. Asked when a session is opened or comes back, never per file call; it must
     * not wait for {@link OriginServer#decided}, which waits for it.
     *
     * @param holder the host that asks, from its certificate
     * @throws IOException if the stub cannot be asked; the caller is told {@link Admission#LATER}
     */
    Admission admit(String process, String incarnation, long epoch, String holder) throws IOException;
}
