package dev.tomte.agent.move;

/** A rule of the protocol broken on purpose: the model must notice each. */
enum Mutation {
    NONE,
    /** A target that has waited long enough runs. */
    TARGET_RUNS_ON_A_TIMEOUT,
    /** A target that has waited long enough destroys its copy. */
    TARGET_DESTROYS_ON_A_TIMEOUT,
    /** A source that takes an unknown answer to its proposal for a refusal. */
    UNKNOWN_MEANS_NO,
    /** A source that takes an unknown answer to its proposal for a success. */
    UNKNOWN_MEANS_YES,
    /** A source that does not note that it is about to propose. */
    PROPOSAL_NOT_NOTED,
    /** A target that does not note that it has restored. */
    RESTORED_NOT_NOTED,
    /** A source that lets its note go without having kept the end. */
    END_NOT_KEPT,
    /** A home that sets without comparing. */
    SET_WITHOUT_COMPARE,
    /** A source that rolls back without taking the next epoch, although the target may have restored. */
    NOT_TAKEN_BACK
}
