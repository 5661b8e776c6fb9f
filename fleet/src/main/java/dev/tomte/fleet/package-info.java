/** A broker, the services and N hosts on this machine: brought up, kept alive, and taken down without a trace. */
@NullMarked
package dev.tomte.fleet;

import org.jspecify.annotations.NullMarked;
