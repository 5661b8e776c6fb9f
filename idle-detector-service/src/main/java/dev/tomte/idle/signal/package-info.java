/** What is read of a host, each in a small class that says what it reads, how often and why. */
@NullMarked
package dev.tomte.idle.signal;

import org.jspecify.annotations.NullMarked;
