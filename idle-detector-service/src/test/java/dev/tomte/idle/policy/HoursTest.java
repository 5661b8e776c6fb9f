package dev.tomte.idle.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Cause;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.Presence;
import dev.tomte.idle.signal.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** Hours of an owner's life through the policy, by a clock that the test turns. */
class HoursTest {
    private final IdlePolicy policy =
            new IdlePolicy(Profile.WORKSTATION, IdleSettings.standard(Profile.WORKSTATION, 2));

    private record Change(long second, Standing before, Standing after) {}

    /**
     * Judges so many times a second.
     *
     * @param owner sets the scene of a tick
     */
    private List<Change> live(int seconds, int perSecond, BiConsumer<Scene, Integer> owner) {
        List<Change> changes = new ArrayList<>();
        Scene scene = new Scene();
        Standing standing = policy.begin(scene.now);
        for (int tick = 0; tick < seconds * perSecond; tick++) {
            scene.now += Scene.SECOND / perSecond;
            owner.accept(scene, tick);
            scene.load = fresh(scene.load, scene.now);
            scene.memory = fresh(scene.memory, scene.now);
            scene.input = fresh(scene.input, scene.now);
            Standing next = policy.next(standing, scene.facts());
            if (next.isAvailable()) assertNobodyIsHurt(standing, scene);
            if (next.isAvailable() != standing.isAvailable()) changes.add(new Change(tick / perSecond, standing, next));
            standing = next;
        }
        return changes;
    }

    private static <T> Reading<T> fresh(Reading<T> reading, long now) {
        return reading instanceof Reading.Known<T>(T value, long at) ? new Reading.Known<>(value, now) : reading;
    }

    @Test
    void anIdleHostIsFoundOnceAndKept() {
        List<Change> changes = live(8 * 3600, 1, (scene, second) -> {});
        assertEquals(1, changes.size());
        assertEquals(31.0, (double) changes.getFirst().second(), 2);
    }

    @Test
    void anOwnerWhoComesAndGoesTenTimesASecondTakesTheHostOnce() {
        List<Change> changes = live(1200, 20, (scene, tick) -> {
            if (tick > 2000 && tick < 20_000 && tick % 2 == 0) scene.input(0);
        });
        assertEquals(3, changes.size());
        assertEquals(Cause.OWNER, changes.get(1).after().cause());
    }

    @Test
    void anOwnerWhoTypesEveryHalfMinuteFlapsLessAndLess() {
        List<Change> changes = live(8 * 3600, 1, (scene, second) -> {
            if (second % 32 == 0) scene.input(0);
        });
        long returns =
                changes.stream().filter(change -> !change.after().isAvailable()).count();
        // 30 s, 1, 2, 4, 8 min, and then every 15 min: 5 and 32 in eight hours; without the hold there would be 900
        assertTrue(returns <= 37, "the host went back and forth " + returns + " times");
        for (int i = 1; i < changes.size(); i++)
            if (changes.get(i).after().isAvailable())
                assertTrue(changes.get(i).second() - changes.get(i - 1).second() >= 30);
    }

    @Test
    void loadThatSwingsBetweenTheThresholdsChangesNothing() {
        List<Change> changes =
                live(4 * 3600, 1, (scene, second) -> scene.load(second < 100 ? 0.1 : second % 7 < 3 ? 0.31 : 0.49));
        assertEquals(1, changes.size());
    }

    @Test
    void burstsOfLoadDoNotTakeAHostAndLastingLoadDoes() {
        assertEquals(
                1,
                live(4 * 3600, 1, (scene, second) -> scene.load(second % 60 < 8 && second > 100 ? 2 : 0.1))
                        .size());
        List<Change> taken = live(4 * 3600, 1, (scene, second) -> scene.load(second > 7200 ? 2 : 0.1));
        assertEquals(2, taken.size());
        assertEquals(Cause.LOAD, taken.get(1).after().cause());
        assertEquals(7211.0, (double) taken.get(1).second(), 1);
    }

    @Test
    void whateverHappensNoGuestMeetsAnOwner() {
        long seed = Long.getLong("tomte.seed", 20_251);
        Random random = new Random(seed);
        List<Change> changes = live(24 * 3600, 1, (scene, second) -> {
            if (random.nextInt(200) == 0) scene.input(random.nextInt(3));
            if (random.nextInt(100) == 0) scene.load(random.nextDouble(0.8));
            if (random.nextInt(100) == 0) scene.memory(300 + random.nextInt(8192));
            if (random.nextInt(500) == 0) scene.load = new Reading.Unknown<>("gone");
        });
        assertTrue(changes.size() > 20, "too little happened, seed " + seed);
    }

    private static void assertNobodyIsHurt(Standing before, Scene scene) {
        long untouched = scene.now
                - (scene.input instanceof Reading.Known<Presence>(Presence presence, long seen)
                        ? presence.at()
                        : scene.now);
        assertTrue(scene.load instanceof Reading.Known, "what is unknown is not idle");
        assertTrue(untouched >= 10 * Scene.SECOND, "the owner is there");
        if (before.isAvailable()) return;
        assertTrue(untouched >= 30 * Scene.SECOND, "the owner was just there");
        assertTrue(scene.now - before.left() >= before.hold(), "the hold was not kept");
        assertTrue(scene.now - before.calm().orElse(scene.now) >= 30 * Scene.SECOND, "it was not calm");
        assertTrue(scene.load instanceof Reading.Known<OwnerLoad>(OwnerLoad load, long at) && load.owner() <= 0.3);
        assertTrue(scene.memory instanceof Reading.Known<Long>(Long left, long at) && left >= 512L << 20);
    }
}
