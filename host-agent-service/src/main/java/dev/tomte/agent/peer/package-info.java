/** Calls between the agents of two hosts: gRPC over mutual TLS, the caller's role checked. */
@NullMarked
package dev.tomte.agent.peer;

import org.jspecify.annotations.NullMarked;
