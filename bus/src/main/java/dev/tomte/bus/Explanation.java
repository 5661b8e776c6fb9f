package dev.tomte.bus;

import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.jspecify.annotations.Nullable;

/** Says of what fails with the brokers what is wrong, who we are to them, and what is needed. */
record Explanation(Connection connection) {
    String of(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            String words = words(each);
            if (words != null) return words;
        }
        return deepest(failure);
    }

    private @Nullable String words(Throwable failure) {
        String servers = connection.servers();
        return switch (failure) {
            case UnsupportedSaslMechanismException e ->
                servers + " does not know this way to say who we are: " + e.getMessage();
            case SaslAuthenticationException e ->
                servers + " does not take " + connection.user() + " with this password: " + e.getMessage();
            case SslAuthenticationException e ->
                "TLS with " + servers + " failed: " + deepest(e) + " ("
                        + connection.tls().words() + ")";
            case TopicAuthorizationException e ->
                connection.user() + " may not use the topics " + e.unauthorizedTopics()
                        + ": it needs the operations Read, Write and DescribeConfigs on them, and Create where they are"
                        + " not there";
            case GroupAuthorizationException e ->
                connection.user() + " may not use the group " + e.groupId() + ": it needs the operation Read on it";
            case UnknownTopicOrPartitionException _ -> "the topics are not there yet, or not all of them";
            case TimeoutException e -> "no broker answers in time at " + servers + ": " + e.getMessage();
            default -> null;
        };
    }

    /** Of all that fails one because of the other, the last says why. */
    private static String deepest(Throwable failure) {
        Throwable deepest = failure;
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) deepest = cause;
        String message = deepest.getMessage();
        return message == null ? deepest.getClass().getSimpleName() : message;
    }
}
