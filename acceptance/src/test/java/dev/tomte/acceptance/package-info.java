/** End to end: real processes on a real fleet, through REST, {@code mig} and what lies in the hosts' directories. */
@NullMarked
package dev.tomte.acceptance;

import org.jspecify.annotations.NullMarked;
