package dev.tomte.contracts;

import java.util.List;
import java.util.Map;

/** The Kafka topics: their names and settings. */
public final class Topics {
    public static final String AVAILABILITY = "tomte.availability";
    public static final String PROCESSES = "tomte.processes";
    public static final String REQUESTS = "tomte.requests";
    public static final String COMMANDS = "tomte.commands";
    public static final String OUTCOMES = "tomte.outcomes";
    public static final String MIGRATIONS = "tomte.migrations";

    /** So many replicas can share the work; requests and outcomes of one process meet in one partition number. */
    public static final int PARTITIONS = 8;

    /**
     * The newest segment is never cleaned, and views read from the beginning: Kafka's own default of 1 GiB would hold days
     * of what hosts say every few seconds.
     */
    private static final String SEGMENT = "16777216";

    private static final Map<String, String> COMPACT = Map.of("cleanup.policy", "compact", "segment.bytes", SEGMENT);
    /** Events are of no use after a day. */
    private static final Map<String, String> A_DAY =
            Map.of("cleanup.policy", "delete", "retention.ms", "86400000", "segment.bytes", SEGMENT);

    public record Topic(String name, int partitions, Map<String, String> settings) {}

    public static final List<Topic> ALL = List.of(
            new Topic(AVAILABILITY, PARTITIONS, COMPACT),
            new Topic(PROCESSES, PARTITIONS, COMPACT),
            new Topic(REQUESTS, PARTITIONS, A_DAY),
            new Topic(COMMANDS, PARTITIONS, A_DAY),
            new Topic(OUTCOMES, PARTITIONS, A_DAY),
            new Topic(MIGRATIONS, PARTITIONS, COMPACT));

    private Topics() {}
}
