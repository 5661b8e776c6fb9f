package dev.tomte.bus;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.jspecify.annotations.Nullable;

/** Answers Kafka's clients what name and password are, when a connection begins. They make it themselves. */
public final class Credentials implements AuthenticateCallbackHandler {
    /** The client's setting that holds the {@link Sasl}. */
    static final String SETTING = "tomte.sasl";

    private @Nullable Sasl sasl;

    /** @throws KafkaException if there are no name and password; who has none begins nothing */
    @Override
    public void configure(Map<String, ?> settings, String mechanism, List<AppConfigurationEntry> jaas) {
        Sasl told = (Sasl) Objects.requireNonNull(settings.get(SETTING), SETTING);
        sasl = told;
        try {
            told.username();
            told.password();
        } catch (IOException e) {
            throw new KafkaException(e.getMessage());
        }
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        Sasl now = Objects.requireNonNull(sasl, SETTING);
        for (Callback callback : callbacks) {
            switch (callback) {
                case NameCallback name -> name.setName(now.username());
                case PasswordCallback password -> password.setPassword(now.password());
                default -> throw new UnsupportedCallbackException(callback);
            }
        }
    }

    @Override
    public void close() {
        sasl = null;
    }
}
