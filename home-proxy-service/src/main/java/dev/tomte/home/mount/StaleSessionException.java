package dev.tomte.home.mount;

import java.io.IOException;

/** Home refuses the session: the register has gone past its epoch, or names another host. */
public final class StaleSessionException extends IOException {
    public StaleSessionException(String message) {
        super(message);
    }
}
