/**
 * What the agents of two hosts say to each other, over mutual TLS: calls by gRPC, the caller's role checked, and images on
 * connections of their own.
 */
@NullMarked
package dev.tomte.agent.peer;

import org.jspecify.annotations.NullMarked;
