package dev.tomte.migration.journal;

import dev.tomte.bus.Connection;
import dev.tomte.contracts.Topics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topics as they shall be on brokers that may be somebody else's. Those that are not there are made, and those with
 * other settings changed, if we may; else they must be right, for a journal whose old entries are deleted is none.
 */
public final class WantedTopics {
    private static final Logger LOG = LoggerFactory.getLogger(WantedTopics.class);
    /** Refusals that concern one topic, and say nothing of the others. */
    private static final Set<Class<?>> OF_ONE = Set.of(
            UnknownTopicOrPartitionException.class,
            TopicAuthorizationException.class,
            TopicExistsException.class,
            InvalidReplicationFactorException.class,
            InvalidConfigurationException.class,
            PolicyViolationException.class);

    /** There are providers of Kafka who do not permit less than 50 MiB; beyond this, a view's start takes minutes. */
    private static final long MOST_OF_A_SEGMENT = 128L << 20;

    private final Connection connection;
    private final Map<String, Topics.Topic> wanted = new LinkedHashMap<>();

    public WantedTopics(Connection connection) {
        this.connection = connection;
        Topics.ALL.forEach(topic -> wanted.put(connection.prefix().of(topic.name()), topic));
    }

    /**
     * Makes what is not there, and mends what can be of the rest; safe to repeat, also by several replicas at once.
     *
     * @return what is wrong, for people; empty if nothing is
     * @throws ExecutionException if the brokers do not answer, or refuse us altogether
     */
    public List<String> ensure(Admin admin) throws ExecutionException, InterruptedException {
        List<String> wrong = new ArrayList<>();
        Map<String, TopicDescription> there = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        var asked = admin.describeTopics(
                        TopicCollection.ofTopicNames(wanted.keySet()),
                        new DescribeTopicsOptions().includeAuthorizedOperations(true))
                .topicNameValues();
        for (String name : wanted.keySet()) {
            try {
                there.put(name, got(asked, name));
            } catch (UnknownTopicOrPartitionException e) {
                missing.add(name);
            } catch (TopicAuthorizationException e) {
                wrong.add(
                        "topic %s is not there or not for %s: it needs the operations Read, Write and DescribeConfigs on it, and Create if it is not there"
                                .formatted(name, connection.user()));
            }
        }
        for (Map.Entry<String, TopicDescription> topic : there.entrySet())
            lookAt(topic.getKey(), topic.getValue(), wrong);
        lookAtSettings(admin, there.keySet(), wrong);
        make(admin, missing, wrong);
        return wrong;
    }

    private void lookAt(String name, TopicDescription found, List<String> wrong) {
        int partitions = wanted(name).partitions();
        if (found.partitions().size() != partitions)
            wrong.add("topic %s has %d partitions, and must have %d: delete it, or take another prefix"
                    .formatted(name, found.partitions().size(), partitions));
        Set<AclOperation> may = found.authorizedOperations();
        // brokers without an authorizer need not say
        if (may == null) return;
        if (!may.contains(AclOperation.READ)) wrong.add(denied(name, "Read"));
        if (!may.contains(AclOperation.WRITE)) wrong.add(denied(name, "Write"));
    }

    private void lookAtSettings(Admin admin, Collection<String> names, List<String> wrong)
            throws ExecutionException, InterruptedException {
        Map<ConfigResource, String> resources = new LinkedHashMap<>();
        names.forEach(name -> resources.put(new ConfigResource(ConfigResource.Type.TOPIC, name), name));
        Map<ConfigResource, List<Odd>> odd = new LinkedHashMap<>();
        var asked = admin.describeConfigs(resources.keySet()).values();
        for (Map.Entry<ConfigResource, String> resource : resources.entrySet()) {
            try {
                List<Odd> those = odd(wanted(resource.getValue()), got(asked, resource.getKey()));
                if (!those.isEmpty()) odd.put(resource.getKey(), those);
            } catch (TopicAuthorizationException e) {
                wrong.add(denied(resource.getValue(), "DescribeConfigs"));
            } catch (UnknownTopicOrPartitionException e) {
                wrong.add("topic " + resource.getValue() + " was there, and is gone");
            }
        }
        mend(admin, odd, wrong);
    }

    /** A setting that is not as it shall be. */
    private record Odd(String setting, @Nullable String found, String value) {
        AlterConfigOp mended() {
            return new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET);
        }
    }

    private static List<Odd> odd(Topics.Topic topic, Config config) {
        List<Odd> odd = new ArrayList<>();
        topic.settings().forEach((setting, value) -> {
            ConfigEntry entry = config.get(setting);
            String found = entry == null ? null : entry.value();
            boolean isGood = found != null
                    && switch (setting) {
                        case "retention.ms" -> found.startsWith("-") || Long.parseLong(found) >= Long.parseLong(value);
                        case "segment.bytes" -> Long.parseLong(found) <= MOST_OF_A_SEGMENT;
                        default -> words(found).equals(words(value));
                    };
            if (!isGood) odd.add(new Odd(setting, found, value));
        });
        return odd;
    }

    /** Of an older version's topics that is an upgrade; with brokers of others we may seldom do it, and say what is wanted. */
    private static void mend(Admin admin, Map<ConfigResource, List<Odd>> odd, List<String> wrong)
            throws ExecutionException, InterruptedException {
        if (odd.isEmpty()) return;
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new LinkedHashMap<>();
        odd.forEach((topic, those) ->
                changes.put(topic, those.stream().map(Odd::mended).toList()));
        var asked = admin.incrementalAlterConfigs(changes).values();
        for (Map.Entry<ConfigResource, List<Odd>> topic : odd.entrySet()) {
            String name = topic.getKey().name();
            try {
                got(asked, topic.getKey());
                topic.getValue()
                        .forEach(one -> LOG.info(
                                "topic {} had {}={}, and has {} now", name, one.setting(), one.found(), one.value()));
            } catch (InvalidConfigurationException | PolicyViolationException e) {
                // or that we may not, which to Kafka is a configuration that is not valid
                for (Odd one : topic.getValue())
                    wrong.add("topic %s has %s=%s, and must have %s"
                            .formatted(name, one.setting(), one.found(), wanted(one.setting(), one.value())));
            }
        }
    }

    /** Who keeps events longer than is needed does no harm. */
    private static String wanted(String setting, String value) {
        return switch (setting) {
            case "retention.ms" -> value + " or more";
            case "segment.bytes" -> MOST_OF_A_SEGMENT + " or less";
            default -> value;
        };
    }

    private static Set<String> words(String list) {
        return Arrays.stream(list.split(",")).map(String::strip).collect(Collectors.toSet());
    }

    private void make(Admin admin, List<String> missing, List<String> wrong)
            throws ExecutionException, InterruptedException {
        if (missing.isEmpty()) return;
        var asked =
                admin.createTopics(missing.stream().map(this::made).toList()).values();
        for (String name : missing) {
            try {
                got(asked, name);
            } catch (TopicExistsException e) {
                // another replica was faster, and makes it as we would
            } catch (TopicAuthorizationException e) {
                wrong.add(
                        "topic %s is not there, and %s lacks the operation Create on it; or make it: %d partitions, %s"
                                .formatted(name, connection.user(), wanted(name).partitions(), settings(wanted(name))));
            } catch (InvalidConfigurationException | PolicyViolationException e) {
                wrong.add("topic %s cannot be made with %d copies, %s: %s"
                        .formatted(name, connection.replication(), settings(wanted(name)), e.getMessage()));
            }
        }
    }

    private NewTopic made(String name) {
        Topics.Topic topic = wanted(name);
        Map<String, String> settings = new HashMap<>(topic.settings());
        // one broker may be away, and nothing is lost: whatever the brokers' own default is
        settings.put("min.insync.replicas", Integer.toString(Math.max(1, connection.replication() - 1)));
        return new NewTopic(name, topic.partitions(), connection.replication()).configs(settings);
    }

    private Topics.Topic wanted(String name) {
        Topics.Topic topic = wanted.get(name);
        if (topic == null) throw new IllegalArgumentException(name);
        return topic;
    }

    private static String settings(Topics.Topic topic) {
        return topic.settings().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(each -> each.getKey() + "=" + each.getValue())
                .collect(Collectors.joining(" "));
    }

    /** @param operation as kafka-acls takes it */
    private String denied(String topic, String operation) {
        return "topic %s: %s lacks the operation %s on it".formatted(topic, connection.user(), operation);
    }

    /** What the brokers say of one thing; their refusals of it as they are. */
    private static <K, V> V got(Map<K, KafkaFuture<V>> answers, K key) throws ExecutionException, InterruptedException {
        KafkaFuture<V> answer = answers.get(key);
        if (answer == null) throw new IllegalStateException("no answer for " + key);
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ApiException refused && OF_ONE.contains(refused.getClass())) throw refused;
            throw e;
        }
    }
}
