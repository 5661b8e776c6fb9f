package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Replies by number, until the guest says that they have arrived: a request that comes again, on another connection or
 * to another life of this JVM, is answered and not carried out again. Any thread may call.
 */
final class Answers {
    private final Journal journal;
    private final Map<Long, Answer> done = new LinkedHashMap<>();
    private final Set<Long> written = new HashSet<>();
    private final Set<Long> underWay = new HashSet<>();
    private final Map<Long, Intent> intents = new HashMap<>();

    Answers(Journal journal) {
        this.journal = journal;
    }

    private static long number(long unique) {
        return unique & ~Fuse.RESENT;
    }

    /**
     * Claims a request. If another connection's thread is carrying it out, waits for that.
     *
     * @return its answer if it was carried out; null: the caller carries it out, and then calls {@link #finish}
     */
    synchronized @Nullable Answer claim(long unique) {
        long number = number(unique);
        boolean interrupted = false;
        while (underWay.contains(number)) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        Answer answer = done.get(number);
        if (answer == null) underWay.add(number);
        return answer;
    }

    /** An intent of an earlier life of this JVM, which may have carried the request out. */
    synchronized @Nullable Intent earlier(long unique) {
        return intents.get(number(unique));
    }

    /** Writes down what was found, before the request is carried out. */
    synchronized void intend(long unique, Intent intent) {
        journal.intent(number(unique), intent);
        written.add(number(unique));
    }

    synchronized void finish(long unique, Answer answer) {
        long number = number(unique);
        underWay.remove(number);
        intents.remove(number);
        done.put(number, answer);
        if (written.contains(number)) journal.answer(number, answer);
        if (done.size() > Limits.ANSWERS) drop(done.keySet().iterator().next());
        notifyAll();
    }

    /** The answer has arrived. */
    synchronized void acknowledge(long unique) {
        drop(number(unique));
    }

    private void drop(long number) {
        done.remove(number);
        if (written.remove(number)) journal.acknowledged(number);
    }

    synchronized void writeTo(Journal journal) {
        intents.forEach(journal::intent);
        for (long number : written) {
            Answer answer = done.get(number);
            if (answer != null) journal.answer(number, answer);
        }
    }

    /** What an earlier life of this JVM had written down. */
    synchronized void restore(Map<Long, Intent> intents, Map<Long, Answer> answers) {
        done.putAll(answers);
        written.addAll(answers.keySet());
        this.intents.putAll(intents);
        this.intents.keySet().removeAll(answers.keySet());
    }
}
