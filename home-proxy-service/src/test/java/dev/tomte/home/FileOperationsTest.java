package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.mount.GuestMount;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ordinary programs find home's files away from home. */
@Timeout(60)
class FileOperationsTest {
    @TempDir
    static Path directory;

    static HomeFixture fixture;
    static GuestMount mount;

    @BeforeAll
    static void start() throws Exception {
        fixture = new HomeFixture(directory);
        mount = fixture.mount();
    }

    @AfterAll
    static void stop() throws Exception {
        mount.close();
        fixture.close();
    }

    private static String away(String script) throws IOException {
        return Pod.output(fixture.guest.runIn(mount.namespace(), "sh", "-ec", script));
    }

    private static String atHome(String script) throws IOException {
        return Pod.output(fixture.home.run("sh", "-ec", script));
    }

    @Test
    void whatIsWrittenAwayIsAtHome() throws IOException {
        away("cd /home/tomte; mkdir a; echo one > a/f; echo two >> a/f; ln a/f a/g; ln -s f a/l; mkfifo a/p");
        assertEquals("one\ntwo\n", atHome("cat /home/tomte/a/l"));
        assertEquals("2 1000 prw-r--r--\n", atHome("cd /home/tomte/a; stat -c '%h %u' g | tr '\\n' ' '; stat -c %A p"));
    }

    @Test
    void aMountIsWhatTheGuestSeesAsItsRoot() throws IOException {
        assertTrue(away("stat -f -c %T /").startsWith("fuse"));
        assertEquals("proc\n", away("stat -f -c %T /proc"));
        assertEquals("1\n", away("readlink /proc/self >/dev/null; ls -d /proc/1 | wc -l"));
        atHome("echo here > /dev/shm/x");
        assertEquals("here\n", away("cat /dev/shm/x"));
        assertEquals("refused\n", away("(echo 1 > /proc/sys/kernel/ns_last_pid) 2>/dev/null || echo refused"));
    }

    @Test
    void anUnlinkedFileLivesOn() throws IOException {
        assertEquals(
                "kept\nmore\n",
                away("cd /home/tomte; exec 3<>u; rm u; echo kept >&3; echo more >&3; cat /proc/self/fd/3"));
        assertEquals("", atHome("ls /home/tomte | grep -x u || true"));
    }

    @Test
    void rightsAreTheUsers() throws IOException {
        atHome("cd /home/tomte; echo secret > s; chmod 0 s");
        assertEquals("no\n", away("cat /home/tomte/s 2>/dev/null || echo no"));
        assertEquals("no\n", away("(echo x > /etc/passwd) 2>/dev/null || echo no"));
        assertEquals("no\n", away("cat /etc/shadow 2>/dev/null || echo no"));
        assertEquals("no\n", away("mknod /home/tomte/dev c 1 3 2>/dev/null || echo no"));
    }

    @Test
    void locksExcludeProcessesAtHome() throws IOException {
        atHome("echo > /home/tomte/lock");
        Process holder =
                fixture.guest.runIn(mount.namespace(), "flock", "/home/tomte/lock", "sh", "-c", "echo locked; cat");
        assertEquals('l', holder.getInputStream().read());
        assertEquals("busy\n", atHome("flock -n /home/tomte/lock true || echo busy"));
        assertEquals(1, mount.fence(List.of(), HomeFixture.SOON).locks());
        holder.getOutputStream().close();
        Pod.output(holder);
        assertEquals("free\n", atHome("flock -n /home/tomte/lock echo free"));
        assertEquals(0, mount.fence(List.of(), HomeFixture.SOON).locks());
    }

    @Test
    void aLockOfAnOpenFileEndsWithIt() throws IOException {
        atHome("echo > /home/tomte/ofd");
        Path lock = fixture.home.path("/home/tomte/ofd");
        Process resident = fixture.resident(mount);
        try (Fd away = HomeFixture.directory(resident, "/home/tomte");
                Fd home = OpenAt.open(lock.toString(), OpenAt.O_RDWR);
                Arena arena = Arena.ofConfined()) {
            MemorySegment whole = arena.allocate(32, 8);
            whole.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
            long address = whole.address();
            try (Fd locked = OpenAt.open(away, "ofd", OpenAt.O_RDWR)) {
                assertEquals(0, FileCalls.fcntl(locked.value(), FileCalls.F_OFD_SETLK, address));
                assertEquals(-Errno.EAGAIN, FileCalls.fcntl(home.value(), FileCalls.F_OFD_SETLK, address));
            }
            // RELEASE goes on its own
            mount.fence(List.of(), HomeFixture.SOON);
            long result = -Errno.EAGAIN;
            for (long end = System.nanoTime() + HomeFixture.SOON.toNanos(); result != 0 && System.nanoTime() < end; )
                result = FileCalls.fcntl(home.value(), FileCalls.F_OFD_SETLK, address);
            assertEquals(0, result);
        }
        resident.getOutputStream().close();
    }

    @Test
    void whenAFileWasMadeAndItsFlags() throws IOException {
        atHome("cd /home/tomte; echo > made; chattr +A made; mkdir flags");
        String look = "cd /home/tomte; stat -c %W made; lsattr -l made; lsattr -d flags";
        assertEquals(atHome(look), away(look));
        String change = "cd /home/tomte; chattr -A made; lsattr -l made";
        assertEquals(away(change), atHome(change));
    }

    @Test
    void theUmaskCounts() throws IOException {
        String make = "umask 077; mkdir $0; cd $0; echo > f; mkdir d; mkfifo p; stat -c '%a %n' f d p";
        assertEquals(
                Pod.output(fixture.home.run("sh", "-ec", make, "/home/tomte/maskhome")),
                Pod.output(fixture.guest.runIn(mount.namespace(), "sh", "-ec", make, "/home/tomte/maskaway")));
    }

    @Test
    void whoWaitsForALockGetsItWhenItIsLetGo() throws IOException {
        atHome("echo > /home/tomte/lock2");
        Process holder = fixture.home.run("flock", "/home/tomte/lock2", "sh", "-c", "echo locked; cat");
        assertEquals('l', holder.getInputStream().read());
        Process waiter = fixture.guest.runIn(mount.namespace(), "flock", "/home/tomte/lock2", "echo", "got it");
        // other calls go on meanwhile
        assertEquals("x\n", away("echo x > /home/tomte/other; cat /home/tomte/other"));
        holder.getOutputStream().close();
        Pod.output(holder);
        assertEquals("got it\n", Pod.output(waiter));
    }

    @Test
    void appendsFromBothSidesDoNotOverwriteEachOther() throws IOException {
        String loop = "exec 3>>/tmp/both; i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $0$i >&3; done";
        atHome("umask 0; : > /tmp/both");
        Process home = fixture.home.run("sh", "-ec", loop, "home");
        Process guest = fixture.guest.runIn(mount.namespace(), "sh", "-ec", loop, "away");
        Pod.output(home);
        Pod.output(guest);
        for (String side : List.of("home", "away"))
            assertEquals(atHome("seq 400 | sed s/^/" + side + "/"), atHome("grep " + side + " /tmp/both"));
        assertEquals("800\n", atHome("wc -l < /tmp/both"));
    }

    @Test
    void manyFilesInADirectory() throws IOException {
        assertEquals(
                "3000\n", away("mkdir /tmp/many; cd /tmp/many; seq 3000 | xargs touch; ls -ln | grep -c ' 1000 '"));
        assertEquals("0\n", away("cd /tmp/many; find . -type f -delete; ls | wc -l"));
    }

    @Test
    void aBigFileComesBackAsItWas() throws IOException {
        String sum = away("cd /home/tomte; head -c 40000000 /dev/urandom > big; sha1sum < big");
        assertEquals(sum, atHome("sha1sum < /home/tomte/big"));
        assertEquals(sum, away("cp /home/tomte/big /tmp/big2; sha1sum < /tmp/big2; rm /tmp/big2"));
    }

    @Test
    void nothingShowsTheOriginsOwnProcesses() throws IOException {
        // below the local mounts there is home's /proc, which is not served
        assertEquals("", Files.exists(fixture.home.path("/proc/1")) ? "" : "the fixture has no /proc");
        assertEquals("no\n", away("ls /home/tomte/../../../proc/1/root >/dev/null 2>&1 && echo yes || echo no"));
    }
}
