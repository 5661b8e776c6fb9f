package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A home pod whose process is away ends exactly as if what ended it had happened at home. */
@Order(1)
@Timeout(900)
class HomePodEndsTest extends InLab {
    private static final String ENDED = ".status.containerStatuses[0].state.terminated";

    private void awaitPhase(String pod, String phase) {
        await(pod + " is " + phase)
                .atMost(LIMIT)
                .until(() -> lab.get("pod/" + pod, ".status.phase").equals(phase));
    }

    @Test
    void anExitAway() throws IOException {
        lab.pod("ends", "command: [bash, -c, 'until [ -e /data/end ]; do sleep 0.1; done; echo bye; exit 3']");
        lab.awaitAtHome("ends");
        lab.move("ends", "n2");
        lab.kubectl("exec", "ends", "--", "touch", "/data/end");
        await("the home pod ends")
                .atMost(LIMIT)
                .until(() -> lab.get("pod/ends", ".status.phase").equals("Failed"));
        assertEquals("3", lab.get("pod/ends", ".status.containerStatuses[0].state.terminated.exitCode"));
        assertEquals(List.of("bye"), lab.logs("ends"));
        lab.awaitNoGuests();
    }

    @Test
    void aDeletedHomePodsProcessIsAskedToEndWhereverItIs() throws IOException {
        lab.pod(
                "asked",
                "command: [bash, -c, 'trap \"echo asked >> /data/said; exit 0\" TERM; echo up; while :; do sleep 0.1; done']");
        lab.awaitAtHome("asked");
        lab.move("asked", "n3");
        lab.kubectl("delete", "pod", "asked", "--timeout=100s");
        assertFalse(lab.exists("pod/asked"));
        lab.awaitNoGuests();
    }

    @Test
    void aKillForWantOfMemory() throws IOException {
        lab.pod(
                "eats",
                "command: [bash, -c, 'until [ -e /data/eat ]; do sleep 0.1; done; exec tail /dev/zero']"
                        + "\n  resources: {limits: {memory: 128Mi}}");
        lab.awaitAtHome("eats");
        lab.move("eats", "n2");
        lab.kubectl("exec", "eats", "--", "touch", "/data/eat");
        awaitPhase("eats", "Failed");
        assertEquals("OOMKilled", lab.get("pod/eats", ENDED + ".reason"));
        assertEquals("137", lab.get("pod/eats", ENDED + ".exitCode"));
        lab.awaitNoGuests();
    }

    @Test
    void aDeadlineThatPasses() throws IOException {
        lab.pod(
                "late",
                "command: [bash, -c, 'trap \"echo asked; exit 0\" TERM; while :; do sleep 0.1; done']",
                "Never",
                "activeDeadlineSeconds: 30");
        lab.awaitAtHome("late");
        lab.move("late", "n3");
        awaitPhase("late", "Failed");
        assertEquals("DeadlineExceeded", lab.get("pod/late", ".status.reason"));
        lab.awaitNoGuests();
    }

    @Test
    void aRestartIsANewProcessThatDoesNotMeetTheOldGuest() throws IOException {
        lab.pod(
                "again",
                "command: [bash, -c, 'echo begins >> /data/said; until [ -e /data/end ]; do sleep 0.1; done;"
                        + " rm /data/end; exit 5']",
                "Always",
                "");
        lab.awaitAtHome("again");
        lab.move("again", "n2");
        String before = lab.get("process/again", ".status.process");
        lab.kubectl("exec", "again", "--", "touch", "/data/end");
        await("it has begun again")
                .atMost(LIMIT)
                .until(() -> lab.get("pod/again", ".status.containerStatuses[0].restartCount")
                        .equals("1"));
        assertEquals("5", lab.get("pod/again", ".status.containerStatuses[0].lastState.terminated.exitCode"));
        await("its new life is known")
                .atMost(LIMIT)
                .until(() -> lab.exists("process/again")
                        && !lab.get("process/again", ".status.process").equals(before)
                        && lab.nodeOf("again").equals("n1"));
        lab.awaitNoGuests();
        assertEquals(
                List.of("begins", "begins"),
                lab.kubectl("exec", "again", "--", "cat", "/data/said").lines().toList());
        lab.move("again", "n3");
        assertEquals("n3", lab.guests());
    }
}
