package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods go to idle nodes by themselves, and leave those that are not to have them any more. */
@Order(1)
@Timeout(900)
class ClusterSharingTest extends InLab {
    private static final String SHORT_OF_MEMORY = "tomte.idle.memory-busy";
    private static final String QUIET_ABOUT_MEMORY = "tomte.idle.memory-quiet";

    /** A pod that has gone to an idle node by itself, and goes on there. */
    private String away(String name) throws IOException {
        lab.sharedPod(name, COUNT);
        await("it goes where nobody is")
                .atMost(LIMIT.multipliedBy(2))
                .until(() -> !lab.guests().isEmpty());
        await("it is shown there").atMost(LIMIT).until(() -> lab.nodeOf(name).equals(lab.guests()));
        lab.awaitMore(name);
        return lab.nodeOf(name);
    }

    private void awaitOn(String name, String node) {
        await(name + " is on " + node)
                .atMost(LIMIT.multipliedBy(2))
                .until(() -> lab.nodeOf(name).equals(node));
    }

    @Test
    void whenEveryNodeRunsShortHomeTakesItsOwn() throws IOException {
        String busy = get(SHORT_OF_MEMORY);
        String quiet = get(QUIET_ABOUT_MEMORY);
        String node = away("short");
        try {
            // more than any machine has: what is read is real, only what is asked of it is not
            Cluster.setting(QUIET_ABOUT_MEMORY, "2000000GiB");
            Cluster.setting(SHORT_OF_MEMORY, "1000000GiB");
            awaitOn("short", "n1");
            lab.awaitMore("short");
            lab.awaitNoGuests();
            lab.awaitWhy("short", node + " runs short: ");
            lab.awaitWhy("short", "of memory left");
            // by way of the other node, where that hears later of what is asked of it
            lab.awaitEventOf("short", "Moved", " -> n1 (pressure)");
            assertEachNumberOnce(lab.logs("short"));
        } finally {
            Cluster.setting(SHORT_OF_MEMORY, busy);
            Cluster.setting(QUIET_ABOUT_MEMORY, quiet);
        }
        await("it goes where nobody is again")
                .atMost(LIMIT.multipliedBy(2))
                .until(() -> !lab.guests().isEmpty());
    }

    @Test
    void aNodeThatTakesInNothingLosesWhatItHad() throws IOException {
        String node = away("unwanted");
        try {
            assertEquals(0, cluster.mig("policy", node, "--import", "none").status());
            await("it leaves").atMost(LIMIT).until(() -> !lab.nodeOf("unwanted").equals(node));
            lab.awaitMore("unwanted");
            lab.awaitWhy("unwanted", "for policy");
            // as long as a move has not ended, that is the answer
            await("the policy is the answer")
                    .atMost(LIMIT)
                    .until(() -> lab.moveTried("unwanted", node).err().contains(node + " imports none"));
            assertEachNumberOnce(lab.logs("unwanted"));
        } finally {
            assertEquals(0, cluster.mig("policy", node, "--import", "all").status());
        }
    }

    private static String get(String setting) {
        String value = Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "configmap",
                "tomte-settings",
                "-o",
                "jsonpath={.data." + setting.replace(".", "\\.") + "}");
        assertTrue(!value.isEmpty(), setting + " is not set");
        return value;
    }
}
