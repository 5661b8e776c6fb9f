/** How services serve what they measure. */
@NullMarked
package dev.tomte.metrics;

import org.jspecify.annotations.NullMarked;
