package dev.tomte.stub;

import java.util.List;
import java.util.Map;

/**
 * What to run. The program is searched in the environment's PATH as a shell does.
 *
 * @param argv the program and its arguments; at least one
 * @param environment the whole environment
 * @param directory the working directory in the pod
 * @param fed whether its standard input is what is sent by {@link StubConnection#input}; else it is /dev/null
 */
public record ProcessStart(List<String> argv, Map<String, String> environment, String directory, boolean fed) {
    /** One whose standard input is /dev/null. */
    public ProcessStart(List<String> argv, Map<String, String> environment, String directory) {
        this(argv, environment, directory, false);
    }

    public ProcessStart {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        if (argv.isEmpty()) throw new IllegalArgumentException("no program");
    }
}
