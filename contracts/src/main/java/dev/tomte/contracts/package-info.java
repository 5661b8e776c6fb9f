/** What the services say to each other: records that validate themselves, topics, states and their legal moves. */
@NullMarked
package dev.tomte.contracts;

import org.jspecify.annotations.NullMarked;
