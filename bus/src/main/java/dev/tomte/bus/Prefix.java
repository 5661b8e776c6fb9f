package dev.tomte.bus;

import java.util.regex.Pattern;

/**
 * What the names of a release's topics and consumer group begin with, so that several can share a Kafka.
 *
 * @param value may be empty, where nobody shares
 */
public record Prefix(String value) {
    /** A topic's name has 249 characters at most (org.apache.kafka.common.internals.Topic); ours take less than 50. */
    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]{0,199}");

    public static final Prefix NONE = new Prefix("");

    public Prefix {
        if (!LEGAL.matcher(value).matches())
            throw new IllegalArgumentException("the prefix '" + value
                    + "' may have letters, digits, '.', '_' and '-' only, at most 199: Kafka's names have no others");
    }

    /** The name that Kafka knows. */
    public String of(String own) {
        return value + own;
    }

    /** The name that we know. */
    public String without(String name) {
        if (!name.startsWith(value)) throw new IllegalArgumentException(name + " does not begin with " + value);
        return name.substring(value.length());
    }
}
