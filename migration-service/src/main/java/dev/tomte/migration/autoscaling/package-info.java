/** Which home pods a cluster's autoscalers count on: those stay, for an autoscaler sees nothing of what runs elsewhere. */
@NullMarked
package dev.tomte.migration.autoscaling;

import org.jspecify.annotations.NullMarked;
