package dev.tomte.acceptance.cluster;

import dev.tomte.acceptance.RefusalsScenario;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Timeout;

/** On the cluster. */
@Order(1)
@Timeout(900)
class RefusalsTest extends OnStage implements RefusalsScenario {}
