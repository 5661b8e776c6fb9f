package dev.tomte.migration.rest;

import dev.tomte.migration.access.Cluster;
import dev.tomte.migration.orchestration.Refusal;
import java.net.URI;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request that is not done, as an RFC 9457 problem: what kind, and in words what thing it is about and what to do. */
public final class Problem extends ErrorResponseException {
    private static final long serialVersionUID = 1;

    private Problem(HttpStatus status, ProblemDetail body) {
        super(status, body, null);
    }

    static ProblemDetail detail(HttpStatus status, String type, String title, String detail) {
        ProblemDetail body = ProblemDetail.forStatusAndDetail(status, detail);
        body.setType(URI.create("urn:tomte:problem:" + type));
        body.setTitle(title);
        return body;
    }

    static Problem of(HttpStatus status, String type, String title, String detail) {
        return new Problem(status, detail(status, type, title, detail));
    }

    public static Problem unknownProcess(String detail) {
        return of(HttpStatus.NOT_FOUND, "unknown-process", "No such process", detail);
    }

    static Problem unknownMigration(String detail) {
        return of(HttpStatus.NOT_FOUND, "unknown-migration", "No such migration", detail);
    }

    public static Problem invalid(String detail) {
        return of(HttpStatus.BAD_REQUEST, "invalid", "Not a valid request", detail);
    }

    /** @param detail names the permission that is missing */
    static Problem forbidden(String detail) {
        return of(HttpStatus.FORBIDDEN, "forbidden", "Not permitted", detail);
    }

    static Problem realOwner(String host) {
        return of(
                HttpStatus.CONFLICT,
                "real-owner",
                "The owner is a person",
                host + " watches its own devices: whoever uses them is its owner. Only a fleet's owners are played");
    }

    static Problem unknownRights(Cluster.Silent cause) {
        return silent("Nothing is done, for %s. Ask again in a moment".formatted(cause.getMessage()));
    }

    static Problem notReady() {
        return of(
                HttpStatus.SERVICE_UNAVAILABLE,
                "not-ready",
                "Not ready",
                "This replica has not read the topics yet. Ask again in a moment, or ask the other replica");
    }

    /** Nothing has been done; the other replica may know better. */
    public static Problem silent(String detail) {
        return of(HttpStatus.SERVICE_UNAVAILABLE, "silent", "No answer", detail);
    }

    /** It may be done or not; unlike {@link #silent} it is not to be asked of another replica without a look. */
    static Problem unanswered(String detail) {
        return of(HttpStatus.GATEWAY_TIMEOUT, "unanswered", "No answer in time", detail);
    }

    /** What the owner of the partition said after the door had let it through. */
    public static Problem refused(String detail) {
        return of(HttpStatus.CONFLICT, "refused", "Refused", detail);
    }

    /** Nothing has been started. */
    static Problem nobodyIdle(String detail) {
        return of(HttpStatus.CONFLICT, "nobody-idle", "No host is idle", detail);
    }

    static Problem of(Refusal refusal) {
        return switch (refusal.kind()) {
            case UNKNOWN_PROCESS -> unknownProcess(refusal.detail());
            case UNKNOWN_HOST -> of(HttpStatus.NOT_FOUND, "unknown-host", "No such host", refusal.detail());
            case ENDED -> conflict("ended", "The process has ended", refusal);
            case ALREADY_THERE -> conflict("already-there", "It runs there already", refusal);
            case MOVING -> conflict("moving", "A move is under way", refusal);
            case UNREACHABLE -> conflict("unreachable", "The process cannot be reached", refusal);
            case NOT_AVAILABLE -> conflict("not-available", "The host is not available", refusal);
            case CPU_FEATURES -> conflict("cpu-features", "The processor lacks a feature", refusal);
            case POLICY -> conflict("policy", "An owner's policy forbids it", refusal);
            case TIED -> conflict("tied", "The process is tied to its home", refusal);
            case NAME_TAKEN -> conflict("name-taken", "The name is taken", refusal);
            case SILENT, UNKNOWN_TIES -> silent(refusal.detail());
        };
    }

    private static Problem conflict(String type, String title, Refusal refusal) {
        return of(HttpStatus.CONFLICT, type, title, refusal.detail());
    }
}
