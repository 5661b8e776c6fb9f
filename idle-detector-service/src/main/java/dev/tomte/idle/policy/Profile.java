package dev.tomte.idle.policy;

/** What kind of host it is: the one switch of the policy. */
public enum Profile {
    /** Somebody sits at it: input, terminals, logins and films count, and load, pressure and memory as well. */
    WORKSTATION,
    /** Nobody sits at it: load, pressure and memory count; who types there does not. */
    SERVER;

    /** @throws IllegalArgumentException if it is neither "workstation" nor "server" */
    public static Profile of(String word) {
        return switch (word) {
            case "workstation" -> WORKSTATION;
            case "server" -> SERVER;
            default ->
                throw new IllegalArgumentException(
                        "profile '%s' is neither 'workstation' nor 'server'".formatted(word));
        };
    }
}
