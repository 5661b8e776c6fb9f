/** The fleet's REST API, as benchmarks ask it. */
@NullMarked
package dev.tomte.benchmarks.rest;

import org.jspecify.annotations.NullMarked;
