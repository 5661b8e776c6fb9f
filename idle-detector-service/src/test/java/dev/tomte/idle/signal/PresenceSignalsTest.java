package dev.tomte.idle.signal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.tomte.linux.Fifo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Terminals, sessions and inhibitors, by files as the kernel and logind write them. */
@Timeout(60)
class PresenceSignalsTest {
    @TempDir
    Path directory;

    private static void accessed(Path file, long seconds) throws Exception {
        Files.getFileAttributeView(file, BasicFileAttributeView.class)
                .setTimes(null, FileTime.fromMillis(seconds * 1000), null);
    }

    @Test
    void aTerminalIsUsedWhenItsLastAccessChangesWhateverTheTimeOfDay() throws Exception {
        Path pts = Files.createFile(directory.resolve("0"));
        Files.createFile(directory.resolve("ptmx"));
        accessed(pts, 1_000_000);
        Terminals terminals = new Terminals(List.of(directory, directory.resolve("none")), 1);
        assertEquals(new Presence(Presence.Kind.WATCHED, "terminal", 1), Readings.known(terminals.read(10)));
        assertEquals(new Presence(Presence.Kind.WATCHED, "terminal", 1), Readings.known(terminals.read(20)));
        accessed(pts, 1_000_005);
        assertEquals(new Presence(Presence.Kind.USED, "terminal", 30), Readings.known(terminals.read(30)));
        assertEquals(30, Readings.known(terminals.read(40)).at());
        accessed(pts, 500); // somebody set the clock back
        assertEquals(50, Readings.known(terminals.read(50)).at());
        Files.createFile(directory.resolve("tty7"));
        assertEquals(60, Readings.known(terminals.read(60)).at());
        accessed(directory.resolve("ptmx"), 7);
        Files.delete(pts);
        assertEquals(60, Readings.known(terminals.read(70)).at());
    }

    @Test
    void noTerminalsAreAbsentAndUnreadableOnesUnknown() throws Exception {
        assertInstanceOf(Reading.Absent.class, new Terminals(List.of(directory.resolve("none")), 0).read(1));
        Path file = Files.createFile(directory.resolve("file"));
        assertInstanceOf(Reading.Unknown.class, new Terminals(List.of(file), 0).read(1));
    }

    private void session(String id, String type, int active) throws Exception {
        Files.writeString(
                directory.resolve(id),
                "# This is private data. Do not parse.\nUID=1000\nUSER=ada\nACTIVE=%d\nIS_DISPLAY=1\nSTATE=%s\nREMOTE=0\nCLASS=%s\nSEAT=seat0\n"
                        .formatted(active, active == 1 ? "active" : "online", type));
    }

    @Test
    void aLoginAndASessionBroughtToTheFrontAreTheOwners() throws Exception {
        session("1", "user", 1);
        session("c1", "greeter", 0);
        Fifo.create(directory.resolve("1.ref"), 0600); // opening it would wait for ever
        LogindSessions sessions = new LogindSessions(directory, 1);
        assertEquals(Presence.Kind.WATCHED, Readings.known(sessions.read(10)).kind());
        session("2", "user", 0);
        assertEquals(Presence.Kind.WATCHED, Readings.known(sessions.read(20)).kind());
        session("2", "user", 1);
        session("1", "user", 0);
        assertEquals(new Presence(Presence.Kind.USED, "login", 30), Readings.known(sessions.read(30)));
        session("c1", "greeter", 1);
        session("b", "background", 1);
        Files.delete(directory.resolve("1"));
        assertEquals(30, Readings.known(sessions.read(40)).at());
        session("5", "user-early", 1);
        assertEquals(50, Readings.known(sessions.read(50)).at());
    }

    @Test
    void noLogindIsAbsentAndUnreadableFilesAreUnknown() throws Exception {
        assertInstanceOf(Reading.Absent.class, new LogindSessions(directory.resolve("none"), 0).read(1));
        assertInstanceOf(Reading.Absent.class, new LogindInhibitors(directory.resolve("none"), 0).read(1));
        Files.write(directory.resolve("9"), new byte[70_000]);
        assertInstanceOf(Reading.Unknown.class, new LogindSessions(directory, 0).read(1));
        assertInstanceOf(Reading.Unknown.class, new LogindInhibitors(directory, 0).read(1));
    }

    private void inhibitor(String id, String what, String mode) throws Exception {
        Files.writeString(
                directory.resolve(id),
                "WHAT=%s\nMODE=%s\nUID=1000\nPID=77\nWHO=Firefox\nWHY=\\303\\251\n".formatted(what, mode));
    }

    @Test
    void aFilmIsPresenceAndAServiceThatDelaysSleepIsNot() throws Exception {
        inhibitor("1", "sleep", "delay");
        inhibitor("2", "handle-lid-switch:sleep", "block");
        inhibitor("3", "idle", "delay");
        LogindInhibitors inhibitors = new LogindInhibitors(directory, 1);
        assertEquals(Presence.Kind.WATCHED, Readings.known(inhibitors.read(10)).kind());
        inhibitor("4", "sleep:idle", "block");
        Presence film = Readings.known(inhibitors.read(20));
        assertEquals(Presence.Kind.LASTING, film.kind());
        assertEquals(20, film.at());
        assertEquals(30, Readings.known(inhibitors.read(30)).at());
        Files.delete(directory.resolve("4"));
        assertEquals(new Presence(Presence.Kind.USED, "film or call", 30), Readings.known(inhibitors.read(40)));
        assertEquals(30, Readings.known(inhibitors.read(50)).at());
        inhibitor("5", "idle", "block-weak");
        assertEquals(60, Readings.known(inhibitors.read(60)).at());
    }
}
