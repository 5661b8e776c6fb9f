/** Kafka: commands come from it, and what this host has to say goes to it. Nothing on the freeze path waits for it. */
@NullMarked
package dev.tomte.agent.bus;

import org.jspecify.annotations.NullMarked;
