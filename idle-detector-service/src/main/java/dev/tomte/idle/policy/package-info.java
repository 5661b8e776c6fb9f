/** From readings to a state: one pure policy, one profile to choose, every threshold a named setting. */
@NullMarked
package dev.tomte.idle.policy;

import org.jspecify.annotations.NullMarked;
