package dev.tomte.migration.rest;

import dev.tomte.migration.access.Cluster;
import dev.tomte.migration.journal.Outbox;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;

/** Turns whatever goes wrong into a problem detail that names it. */
@RestControllerAdvice
final class Problems extends ResponseEntityExceptionHandler {
    private static final URI ABOUT_BLANK = URI.create("about:blank");

    @ExceptionHandler
    ProblemDetail invalid(IllegalArgumentException e) {
        return Problem.invalid(String.valueOf(e.getMessage())).getBody();
    }

    @ExceptionHandler
    ProblemDetail notWritten(Outbox.NotWritten e) {
        return Problem.unanswered("The broker has not confirmed the request: " + e.getMessage()
                        + ". It may still be done; look before you ask again")
                .getBody();
    }

    @ExceptionHandler
    ProblemDetail unknownRights(Cluster.Silent e) {
        return Problem.unknownRights(e).getBody();
    }

    /** What the framework finds by itself is named like the rest. */
    @Override
    protected ResponseEntity<Object> createResponseEntity(
            @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (body instanceof ProblemDetail problem
                && (problem.getType() == null || problem.getType().equals(ABOUT_BLANK)))
            problem.setType(URI.create("urn:tomte:problem:" + (status.value() == 400 ? "invalid" : status.value())));
        return super.createResponseEntity(body, headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Throwable cause = e.getMostSpecificCause();
        String why = cause instanceof JacksonException json ? json.getOriginalMessage() : "a JSON object is expected";
        ProblemDetail body = Problem.detail(
                HttpStatus.BAD_REQUEST, "invalid", "Not a valid request", "The body cannot be read: " + why);
        return handleExceptionInternal(e, body, headers, status, request);
    }
}
