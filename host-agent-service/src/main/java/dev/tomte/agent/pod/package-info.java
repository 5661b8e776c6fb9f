/** Pods: made, found again and removed. The driver for one machine makes their namespaces itself. */
@NullMarked
package dev.tomte.agent.pod;

import org.jspecify.annotations.NullMarked;
