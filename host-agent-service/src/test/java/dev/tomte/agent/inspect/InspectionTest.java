package dev.tomte.agent.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.linux.Cgroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real processes that have what cannot move. */
@Timeout(60)
final class InspectionTest {
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    @TempDir
    private Path directory;

    private Cgroup tree;

    @BeforeEach
    void make() throws IOException {
        assumeTrue(Files.isExecutable(PYTHON), "no " + PYTHON);
        tree = new Cgroup(Cgroup.mount()
                        .resolve("tomte-inspect-" + ProcessHandle.current().pid()))
                .create();
    }

    @AfterEach
    void remove() throws IOException {
        if (tree != null) tree.remove(Duration.ofSeconds(10));
    }

    /** Runs a Python program until it has said that it is ready. */
    private int run(String program) throws IOException {
        Process process = new ProcessBuilder(
                        PYTHON.toString(),
                        "-c",
                        "import os,socket,fcntl,select,time\ninput()\n" + program
                                + "\nprint('ready',flush=True)\ntime.sleep(60)")
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        tree.add((int) process.pid());
        // It begins when it is in its cgroup, so that its children are too.
        process.outputWriter(StandardCharsets.UTF_8).append("\n").flush();
        BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
        assertEquals("ready", said.readLine());
        return (int) process.pid();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen() | a tcp socket
                    s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); s.bind(('::1',0)) | a udp6 socket
                    s=socket.socket(socket.AF_UNIX); s.bind('here'); s.listen() | the unix socket here
                    s=socket.socket(socket.AF_UNIX) | a unix socket that is no pair
                    s=socket.socket(socket.AF_NETLINK,socket.SOCK_RAW,0); s.bind((0,0)) | a netlink socket
                    a,b=os.openpty() | the terminal /dev/p
                    import ctypes; ctypes.CDLL(None).inotify_init() | a watch of files (inotify)
                    f=open('/proc/self/ns/net') | of a kind that does not move
                    """)
    void whatCannotMoveIsNamed(String program, String named) throws IOException {
        int pid = run(program);
        List<String> obstacles = Inspection.obstacles(tree);
        assertTrue(
                obstacles.stream().anyMatch(it -> it.contains("process " + pid + " (python3") && it.contains(named)),
                obstacles.toString());
    }

    @Test
    void aDebuggerIsNamed() throws Exception {
        int pid = run("""
                child=os.fork()
                if child==0: time.sleep(60)
                import ctypes
                SEIZE=0x4206
                assert ctypes.CDLL(None).ptrace(SEIZE,child,0,0)==0
                """);
        List<String> obstacles = Inspection.obstacles(tree);
        assertTrue(obstacles.stream().anyMatch(it -> it.contains("is traced by process " + pid)), obstacles.toString());
    }

    @Test
    void whatMovesIsNoObstacle() throws Exception {
        run("""
                a,b=socket.socketpair(); p=os.pipe(); e=select.epoll(); m=os.memfd_create('m'); f=open('file','w')
                d=[open('/dev/'+n,'rb') for n in ('null','zero','urandom')]
                g=open('gone','w'); os.unlink('gone')
                """);
        assertEquals(List.of(), Inspection.obstacles(tree));
    }
}
