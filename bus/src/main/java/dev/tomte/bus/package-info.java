/** What all that speak to the broker see to. */
@NullMarked
package dev.tomte.bus;

import org.jspecify.annotations.NullMarked;
