package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What somebody asked for, on {@link Topics#REQUESTS}, keyed by process. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind", defaultImpl = Request.Unknown.class)
@JsonSubTypes({
    @JsonSubTypes.Type(value = Request.Run.class, name = "run"),
    @JsonSubTypes.Type(value = Request.Migrate.class, name = "migrate"),
    @JsonSubTypes.Type(value = Request.Kill.class, name = "kill")
})
public sealed interface Request {
    String process();

    /** Start a process at its home. */
    record Run(String process, String home, Launch launch, String who, Instant at) implements Request {}

    /** Move a process to a host; its home's name takes it home. */
    record Migrate(String process, String migration, String target, String who, String why, Instant at)
            implements Request {}

    /** Send a process a signal (signal(7)), wherever it is. */
    record Kill(String process, int signal, String who, Instant at) implements Request {}

    /** A request of a newer version; ignored. */
    record Unknown(String process) implements Request {}

    /**
     * What to start, and as whom.
     *
     * @param uid 1000 or 0 in the fleet
     */
    record Launch(String name, List<String> command, Map<String, String> env, String cwd, int uid) {
        public Launch {
            Names.label("name", name);
            if (command.isEmpty() || command.getFirst().isEmpty())
                throw new IllegalArgumentException("no command is given");
            if (!cwd.startsWith("/")) throw new IllegalArgumentException("the directory '" + cwd + "' is not absolute");
            if (uid < 0) throw new IllegalArgumentException("the user id " + uid + " is negative");
            command = List.copyOf(command);
            env = Map.copyOf(env);
        }
    }
}
