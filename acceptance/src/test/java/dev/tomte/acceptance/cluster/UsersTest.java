package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.acceptance.Shell;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster's users: who may not delete a pod may not move it, and who may not get it does not see it. */
@Order(2)
@Timeout(900)
@OnCluster
class UsersTest {
    private static final String SIM = Lab.NAME + "/sim";
    private static final String NODES = "lab-nodes";

    private Cluster cluster;
    private Lab lab;

    @BeforeAll
    void aPodAndItsUsers(@TempDir Path directory) throws IOException {
        cluster = Cluster.up(directory);
        lab = Lab.made(cluster, directory);
        forget();
        for (String user : new String[] {"viewer", "editor", "stranger"}) lab.kubectl("create", "sa", user);
        lab.kubectl("create", "rolebinding", "viewer", "--clusterrole=view", "--serviceaccount=lab:viewer");
        lab.kubectl("create", "rolebinding", "editor", "--clusterrole=edit", "--serviceaccount=lab:editor");
        Cluster.kubectl("create", "clusterrole", NODES, "--verb=list", "--resource=nodes");
        Cluster.kubectl("create", "clusterrolebinding", NODES, "--clusterrole=" + NODES, "--serviceaccount=lab:editor");
        lab.pod("sim", COUNT);
        lab.awaitAtHome("sim");
    }

    @AfterAll
    void remove() {
        forget();
        lab.empty();
        lab.close();
        cluster.close();
    }

    /** What no namespace takes with it. */
    private static void forget() {
        Cluster.tried("delete", "clusterrolebinding,clusterrole", NODES, "--ignore-not-found");
    }

    private Shell.Result mig(String user, String... arguments) {
        return cluster.migBy(lab.kubectl("create", "token", user), arguments);
    }

    private void assertRefused(String words, Shell.Result result) {
        assertEquals(1, result.status(), () -> result.out() + result.err());
        assertTrue(result.err().contains(words), result::err);
    }

    @Test
    void oneWithoutRightsSeesNothing() {
        for (String[] list : new String[][] {{"ps", "-a"}, {"migrations"}, {"hosts"}}) {
            String shown = mig("stranger", list).expect(0).out();
            assertFalse(shown.contains("sim") || shown.contains("n1"), shown);
        }
        String unknown = "There is no process 'lab:%s'. None is running.";
        for (String command : new String[] {"why", "logs", "kill"}) {
            assertRefused(unknown.formatted("sim"), mig("stranger", command, SIM));
            assertRefused(unknown.formatted("none"), mig("stranger", command, "lab/none"));
        }
        assertRefused("There is no process", mig("stranger", "migrate", SIM, "n2"));
        assertRefused("you may not list nodes", mig("stranger", "stats"));
        assertEquals("", lab.guests());
    }

    @Test
    void oneWhoMayViewSeesAndDoesNotMove() {
        assertTrue(mig("viewer", "ps").expect(0).out().contains("sim "));
        assertTrue(mig("viewer", "why", SIM).expect(0).out().contains("at home on n1"));
        // it may be seen; but the kubelet has it
        assertRefused("kubectl logs", mig("viewer", "logs", SIM));
        String missing = "you may not delete pods/sim in namespace lab";
        assertRefused(missing, mig("viewer", "migrate", SIM, "n2"));
        assertRefused(missing, mig("viewer", "kill", SIM));
        assertRefused("There is no host 'n2'", mig("viewer", "drain", "n2"));
        lab.awaitMore("sim");
    }

    @Test
    void oneWhoMayEditMoves() {
        mig("editor", "migrate", SIM, "n2").expect(0);
        assertTrue(mig("editor", "migrations").expect(0).out().contains("sim"));
        assertTrue(mig("editor", "hosts").expect(0).out().contains("n2"));
        assertRefused("you may not update nodes/n2", mig("editor", "drain", "n2"));
        mig("editor", "migrate", SIM, "home").expect(0);
        lab.awaitMore("sim");
        lab.awaitNoGuests();
        Lab.assertEachNumberOnce(lab.logs("sim"));
    }

    @Test
    void aTokenThatIsNobodysOrIsMeantForOthersIsRefused() {
        assertRefused("does not take the token", cluster.migBy("a.b.c", "ps"));
        String foreign = lab.kubectl("create", "token", "editor", "--audience=tomte");
        assertRefused("does not take the token", cluster.migBy(foreign, "ps"));
    }
}
