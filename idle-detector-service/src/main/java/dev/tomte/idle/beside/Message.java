package dev.tomte.idle.beside;

import java.io.DataOutput;
import java.io.IOException;

/** What goes over a {@link Link}. */
sealed interface Message permits Order, Word {
    void write(DataOutput out) throws IOException;
}
