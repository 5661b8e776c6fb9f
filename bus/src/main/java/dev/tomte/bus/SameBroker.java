package dev.tomte.bus;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.ClusterResource;
import org.apache.kafka.common.ClusterResourceListener;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads strings, and sees to it that they are all of one broker: clients tell their deserializers of which. Where another
 * one answers, its log is another: what was read, and where in it, means nothing any more, and a client that goes on asks
 * for its old topics without end.
 */
public final class SameBroker extends StringDeserializer implements ClusterResourceListener {
    private static final Logger LOG = LoggerFactory.getLogger(SameBroker.class);
    /** EX_TEMPFAIL of sysexits.h. */
    private static final int ANOTHER = 75;

    private final AtomicReference<@Nullable String> known = new AtomicReference<>();
    private final Runnable isAnother;

    /** Has this JVM end at once, to begin anew with the other broker as after a crash; its supervisor starts it again. */
    public static SameBroker orEnd() {
        return new SameBroker(() -> {
            LOG.error("another broker answers than before, without its topics: beginning anew");
            Runtime.getRuntime().halt(ANOTHER);
        });
    }

    /** @param isAnother called in the client's thread, each time that is heard */
    public SameBroker(Runnable isAnother) {
        this.isAnother = isAnother;
    }

    /** Which one it is, as it says itself; empty before any has answered. Any thread. */
    public Optional<String> id() {
        return Optional.ofNullable(known.get());
    }

    @Override
    public void onUpdate(ClusterResource broker) {
        String id = broker.clusterId();
        if (id != null && !known.compareAndSet(null, id) && !id.equals(known.get())) isAnother.run();
    }
}
