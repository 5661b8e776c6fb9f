package dev.tomte.contracts;

import java.security.SecureRandom;
import java.util.regex.Pattern;

/** Names and ids: how they look, and new ones. */
public final class Names {
    /** RFC 1123 label, as Kubernetes names objects. */
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
    private static final SecureRandom RANDOM = new SecureRandom();

    private Names() {}

    /** The name of a user id, as far as it is known everywhere: in a fleet root and tomte. */
    public static String user(int uid) {
        return switch (uid) {
            case 0 -> "root";
            case 1000 -> "tomte";
            default -> "uid-" + uid;
        };
    }

    /** A new id: the prefix, a dash, and ten random characters (50 bits). */
    public static String fresh(String prefix) {
        StringBuilder id = new StringBuilder(prefix).append('-');
        for (int i = 0; i < 10; i++) id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        return id.toString();
    }

    /**
     * The name, if it is one.
     *
     * @param what what it names, for the error's message
     * @throws IllegalArgumentException if it is no RFC 1123 label
     */
    public static String label(String what, String name) {
        if (!LABEL.matcher(name).matches())
            throw new IllegalArgumentException("%s '%s' is not a name: up to 63 of a-z, 0-9 and '-', no '-' at the ends"
                    .formatted(what, name.length() > 80 ? name.substring(0, 80) + "..." : name));
        return name;
    }
}
