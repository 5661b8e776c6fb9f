package dev.tomte.acceptance;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Timeout;

/** On the fleet. */
@Order(3)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class LocksTest implements LocksScenario {
    private final Stage stage = new FleetStage(Fleet.up());

    @Override
    public Stage stage() {
        return stage;
    }
}
