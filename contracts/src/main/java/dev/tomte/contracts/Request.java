package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What somebody asked for, on {@link Topics#REQUESTS}, keyed by process, or by the host where it is about one. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind", defaultImpl = Request.Unknown.class)
@JsonSubTypes({
    @JsonSubTypes.Type(value = Request.Run.class, name = "run"),
    @JsonSubTypes.Type(value = Request.Migrate.class, name = "migrate"),
    @JsonSubTypes.Type(value = Request.Begin.class, name = "begin"),
    @JsonSubTypes.Type(value = Request.Kill.class, name = "kill"),
    @JsonSubTypes.Type(value = Request.Policy.class, name = "policy"),
    @JsonSubTypes.Type(value = Request.Play.class, name = "play")
})
public sealed interface Request {
    String process();

    /** Start a process at its home. */
    record Run(String process, String home, Launch launch, String who, Instant at) implements Request {}

    /**
     * Move a process to a host; its home's name takes it home.
     *
     * @param source where the process is thought to be: it is left alone if it is elsewhere; null: wherever it is
     * @param reason one that is not {@link Reason#OPERATOR} needs a target that is available, or the home
     * @param rejected the hosts that were not taken, where one was chosen
     */
    record Migrate(
            String process,
            String migration,
            @Nullable String source,
            String target,
            Reason reason,
            String who,
            String why,
            List<Rejected> rejected,
            Instant at)
            implements Request {
        public Migrate {
            rejected = List.copyOf(rejected);
        }
    }

    /** What waits to begin elsewhere is not taken anywhere: it begins at home, or ends, as its launch says. */
    record Begin(String process, String who, String why, Instant at) implements Request {}

    /** Send a process a signal (signal(7)), wherever it is. */
    record Kill(String process, int signal, String who, Instant at) implements Request {}

    /** A host's wish whose processes it takes in and lets go; what is null stays as it is. */
    record Policy(
            String host,
            @Nullable Who imports,
            @Nullable Who exports,
            @Nullable Boolean drains,
            String who,
            Instant at) implements Request {
        @Override
        public String process() {
            return host;
        }
    }

    /** In a fleet: play a host's owner, who comes, or goes. */
    record Play(String host, boolean there, String who, Instant at) implements Request {
        @Override
        public String process() {
            return host;
        }
    }

    /** A request of a newer version; ignored. */
    record Unknown(String process) implements Request {}

    /**
     * What to start, and as whom.
     *
     * @param namespace of the home pod
     * @param uid 1000 or 0 in the fleet
     * @param shared whether it may be moved to an idle host without anybody's asking
     * @param begins where its first line runs
     * @param streams what its standard streams are, at home
     * @param preferredCwd a directory that it starts in rather than in {@code cwd}, if its user may enter it at home; null: none.
     *     Its home decides, when it makes the pod
     */
    record Launch(
            String name,
            String namespace,
            List<String> command,
            Map<String, String> env,
            String cwd,
            int uid,
            boolean shared,
            Begins begins,
            Streams streams,
            @Nullable String preferredCwd) {
        public enum Begins {
            /** At home, at once. */
            HOME,
            /** At an idle host; where there is none it ends before it has begun, with {@link #NOWHERE}. */
            AWAY,
            /** At an idle host; where there is none, at home. */
            ANYWHERE
        }

        public enum Streams {
            /** Its input is empty; what it writes to its standard output and error is in one log. */
            LOG,
            /** The same, but its standard error has a log of its own. */
            APART,
            /** The same as {@link #APART}, and its input is what is sent to it. */
            FED
        }

        /** The exit status of what could not begin: EX_TEMPFAIL of sysexits.h, for later it may. */
        public static final int NOWHERE = 75;

        /** One of a fleet, whichever host it begins at. */
        public Launch(
                String name,
                List<String> command,
                Map<String, String> env,
                String cwd,
                int uid,
                boolean shared,
                Begins begins) {
            this(name, ProcessStatus.DEFAULT_NAMESPACE, command, env, cwd, uid, shared, begins);
        }

        /** One whose output and error are in one log. */
        public Launch(
                String name,
                String namespace,
                List<String> command,
                Map<String, String> env,
                String cwd,
                int uid,
                boolean shared,
                Begins begins) {
            this(name, namespace, command, env, cwd, uid, shared, begins, Streams.LOG, null);
        }

        /** One that begins at home. */
        public Launch(String name, List<String> command, Map<String, String> env, String cwd, int uid, boolean shared) {
            this(name, command, env, cwd, uid, shared, Begins.HOME);
        }

        /** One that stays where somebody puts it. */
        public Launch(String name, List<String> command, Map<String, String> env, String cwd, int uid) {
            this(name, command, env, cwd, uid, false);
        }

        public Launch {
            Names.label("name", name);
            // older versions do not say it
            namespace = Objects.requireNonNullElse(namespace, ProcessStatus.DEFAULT_NAMESPACE);
            Names.label("namespace", namespace);
            if (command.isEmpty() || command.getFirst().isEmpty())
                throw new IllegalArgumentException("no command is given");
            if (!cwd.startsWith("/")) throw new IllegalArgumentException("the directory '" + cwd + "' is not absolute");
            if (preferredCwd != null && !preferredCwd.startsWith("/"))
                throw new IllegalArgumentException("the directory '" + preferredCwd + "' is not absolute");
            if (uid < 0) throw new IllegalArgumentException("the user id " + uid + " is negative");
            command = List.copyOf(command);
            env = Map.copyOf(env);
            // launches that were written down before there was a choice
            begins = Objects.requireNonNullElse(begins, Begins.HOME);
            streams = Objects.requireNonNullElse(streams, Streams.LOG);
        }

        /** The same in that directory, whatever it preferred. */
        public Launch in(String directory) {
            return new Launch(name, namespace, command, env, directory, uid, shared, begins, streams, null);
        }
    }
}
