package dev.tomte.migration.access;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Answers that still count; when there are too many, the oldest goes. Any thread. */
final class Recent<Q, A> {
    private final long lifeNanos;
    private final LongSupplier nanos;
    private final Map<Q, Answer<A>> answers;

    private record Answer<A>(A answer, long at) {}

    /** @param nanos a clock that nobody sets */
    Recent(int most, Duration life, LongSupplier nanos) {
        this.lifeNanos = life.toNanos();
        this.nanos = nanos;
        this.answers = new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Q, Answer<A>> eldest) {
                return size() > most;
            }
        };
    }

    synchronized Optional<A> answer(Q question) {
        Answer<A> known = answers.get(question);
        return known != null && counts(known) ? Optional.of(known.answer()) : Optional.empty();
    }

    private boolean counts(Answer<A> known) {
        return nanos.getAsLong() - known.at() < lifeNanos;
    }

    /** @param asked when the question was asked, by the same clock: what has changed since is not in the answer */
    synchronized void keep(Q question, A answer, long asked) {
        // as the newest, not in the place of the one before
        answers.remove(question);
        answers.put(question, new Answer<>(answer, asked));
        // what counts no more need not be known: some of it is secret
        Iterator<Answer<A>> oldest = answers.values().iterator();
        while (oldest.hasNext() && !counts(oldest.next())) oldest.remove();
    }
}
