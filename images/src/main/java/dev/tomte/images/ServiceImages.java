package dev.tomte.images;

import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The images that run in a cluster.
 *
 * @param base archive of the Debian tree below them
 * @param runtime the Java below them
 * @param build what the launcher has built
 * @param tools stub, enter, begin and criu
 * @param cache where files that are made here go
 */
record ServiceImages(Path base, Path runtime, Path build, Path tools, Path cache, String version) {
    /** Owns nothing and is nobody on any machine. */
    private static final String NOBODY = "65532";

    /** Agents enter namespaces and mount. */
    private static final String ROOT = "0";

    /** As the chart knows them. */
    static final Set<String> NAMES = Set.of("stub", "node", "migration", "broker");

    private static final String TOOLS = "/opt/tomte/tools";
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "PATH",
            JavaRuntime.DIRECTORY + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "JAVA_HOME",
            JavaRuntime.DIRECTORY,
            "LANG",
            "C.UTF-8");

    /** The Debian below all of them: what agents execute, and ps for whoever looks for faults. */
    static DebianTree debian(String suite) {
        return new DebianTree(
                "essential",
                suite,
                List.of("util-linux", "mount", "iproute2", "procps"),
                List.of(
                        "echo 'tomte:x:65532:65532::/nonexistent:/usr/sbin/nologin' >>\"$1\"/etc/passwd",
                        "echo 'tomte:x:65532:' >>\"$1\"/etc/group"));
    }

    List<Image> all() throws IOException {
        return List.of(stub(), node(), migration(), broker());
    }

    /** Nothing but the program: it is mounted into users' pods, whatever they are made of. */
    private Image stub() throws IOException {
        FileEntriesLayer layer = Layers.programs("stub", "/", List.of(tool("stub")));
        return new Image(named("stub"), null, List.of(layer), List.of("/stub"), Map.of(), NOBODY);
    }

    private Image node() throws IOException {
        FileEntriesLayer programs =
                Layers.programs("tools", TOOLS, List.of(tool("stub"), tool("enter"), tool("begin"), tool("criu")));
        List<String> more = new ArrayList<>(options("host-agent-service"));
        more.add("-Dtomte.tools=" + TOOLS);
        return service("node", "host-agent-service", "dev.tomte.agent.HostMain", more, List.of(programs), ROOT);
    }

    private Image migration() throws IOException {
        return service(
                "migration", "migration-service", "dev.tomte.migration.MigrationMain", List.of(), List.of(), NOBODY);
    }

    private Image broker() throws IOException {
        return service("broker", "fleet", "dev.tomte.fleet.BrokerMain", List.of(), List.of(), NOBODY);
    }

    private Image service(
            String name,
            String module,
            String mainClass,
            List<String> options,
            List<FileEntriesLayer> between,
            String user)
            throws IOException {
        ClassPath classPath = ClassPath.of(build, module, version);
        List<Path> own = new ArrayList<>(classPath.own());
        List<FileEntriesLayer> layers = new ArrayList<>();
        layers.add(Layers.tree("java", JavaRuntime.DIRECTORY, runtime));
        layers.add(Layers.files("libraries", ClassPath.DIRECTORY, classPath.others()));
        layers.addAll(between);
        layers.add(Layers.files("tomte", ClassPath.DIRECTORY, own));
        layers.add(Layers.files("jvm", "/opt/tomte", List.of(jvm(name, classPath, options))));
        List<String> entrypoint = List.of(JavaRuntime.DIRECTORY + "/bin/java", "@/opt/tomte/jvm.options", mainClass);
        return new Image(named(name), base, layers, entrypoint, ENVIRONMENT, user);
    }

    /** What a module itself wants; comments are for who reads the sources. */
    private List<String> options(String module) throws IOException {
        return Files.readAllLines(build.resolve(module + ".options")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
    }

    /** A file that java reads its options from, so that other commands in the same image can begin with them too. */
    private Path jvm(String name, ClassPath classPath, List<String> more) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                // of the container's limit; -Xmx in JAVA_TOOL_OPTIONS goes before it
                "-XX:MaxRAMPercentage=50",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.net.preferIPv4Stack=true"));
        lines.addAll(more);
        lines.add("-cp");
        lines.add(classPath.inImage());
        Path file = cache.resolve("jvm", name, "jvm.options");
        Files.createDirectories(cache.resolve("jvm", name));
        Files.write(file, lines);
        return file;
    }

    private Path tool(String name) throws IOException {
        Path tool = tools.resolve(name);
        if (!Files.isExecutable(tool)) throw new ImagesException("there is no " + tool + "; ./tomte build makes it");
        return tool;
    }

    private String named(String image) {
        return "localhost/tomte/" + image + ":" + version;
    }
}
