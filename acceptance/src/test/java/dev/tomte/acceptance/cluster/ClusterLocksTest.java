package dev.tomte.acceptance.cluster;

import dev.tomte.acceptance.LocksScenario;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** On the cluster. */
@Order(2)
@Timeout(600)
@EnabledIfSystemProperty(
        named = "tomte.long",
        matches = "true",
        disabledReason = "takes minutes: ./tomte check --cluster --long")
class ClusterLocksTest extends OnStage implements LocksScenario {}
