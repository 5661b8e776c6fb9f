/** The API: checks what is asked, and publishes it. */
@NullMarked
package dev.tomte.migration.rest;

import org.jspecify.annotations.NullMarked;
