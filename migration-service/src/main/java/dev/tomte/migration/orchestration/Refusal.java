package dev.tomte.migration.orchestration;

/**
 * Why something is not begun.
 *
 * @param detail names the thing, and what to do
 */
public record Refusal(Kind kind, String detail) {
    public enum Kind {
        UNKNOWN_PROCESS,
        UNKNOWN_HOST,
        ENDED,
        ALREADY_THERE,
        MOVING,
        UNREACHABLE,
        NOT_AVAILABLE,
        SILENT,
        CPU_FEATURES,
        POLICY,
        TIED,
        /** Whether it is tied will be known soon, or somebody can see to that. */
        UNKNOWN_TIES,
        NAME_TAKEN
    }
}
