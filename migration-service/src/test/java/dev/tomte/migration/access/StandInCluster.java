package dev.tomte.migration.access;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Answers as it is told to; a user may do what is in {@link #permitted}, in words. */
final class StandInCluster implements Cluster {
    final Map<Token, Caller.User> users = new ConcurrentHashMap<>();
    final Set<String> permitted = ConcurrentHashMap.newKeySet();
    final List<String> asked = new ArrayList<>();
    volatile boolean isSilent;

    static Token token(String value) {
        return Token.of("Bearer " + value).orElseThrow();
    }

    Caller.User user(String name, String token) {
        Caller.User user = new Caller.User(name, "uid", List.of("lab"), Map.of(), token(token));
        users.put(user.token(), user);
        return user;
    }

    @Override
    public synchronized Optional<Caller.User> user(Token token) {
        if (isSilent) throw new Silent();
        asked.add("who");
        return Optional.ofNullable(users.get(token));
    }

    @Override
    public synchronized boolean permits(Caller.User user, Permission permission) {
        if (isSilent) throw new Silent();
        asked.add(permission.words());
        return permitted.contains(permission.words());
    }

    /** Whether each question was asked once only. */
    synchronized boolean wasAskedOnce() {
        return new HashSet<>(asked).size() == asked.size();
    }
}
