/** The REST resources below /api/v1, as their JSON; hosts and processes are shown as the records of the topics. */
@NullMarked
package dev.tomte.contracts.rest;

import org.jspecify.annotations.NullMarked;
