package dev.tomte.migration.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** A bearer token (RFC 6750). It never says itself: two are equal if their digests are. */
public final class Token {
    /** Characters; a service account's has about 1200. */
    static final int LONGEST = 8192;

    private static final Pattern HEADER =
            Pattern.compile("bearer +([A-Za-z0-9._~+/-]{1," + LONGEST + "}+={0,2}+)", Pattern.CASE_INSENSITIVE);

    private final String value;
    private final String digest;

    private Token(String value) {
        this.value = value;
        this.digest = sha256(value);
    }

    /** @return empty if the header is none of a bearer, or holds what cannot be a token */
    public static Optional<Token> of(String authorization) {
        return Optional.of(HEADER.matcher(authorization))
                .filter(header -> header.matches())
                .map(header -> new Token(header.group(1)));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    String value() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Token token && token.digest.equals(digest);
    }

    @Override
    public int hashCode() {
        return digest.hashCode();
    }

    @Override
    public String toString() {
        return "a token";
    }
}
