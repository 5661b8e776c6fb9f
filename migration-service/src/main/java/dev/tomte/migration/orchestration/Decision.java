package dev.tomte.migration.orchestration;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.Outcome;
import java.util.ArrayList;
import java.util.List;

/**
 * What is to be written, in this order: the entries of the journal, in which a later one of the same migration follows
 * an earlier; once they are safe, the commands and the answers.
 */
public record Decision(List<Migration> entries, List<Command> commands, List<Outcome> answers) {
    public static final Decision NOTHING = new Decision(List.of(), List.of(), List.of());

    public Decision {
        entries = List.copyOf(entries);
        commands = List.copyOf(commands);
        answers = List.copyOf(answers);
    }

    static Decision command(Command command) {
        return new Decision(List.of(), List.of(command), List.of());
    }

    static Decision answer(Outcome answer) {
        return new Decision(List.of(), List.of(), List.of(answer));
    }

    public Decision and(Decision other) {
        if (other.isNothing()) return this;
        return isNothing()
                ? other
                : new Decision(
                        joined(entries, other.entries),
                        joined(commands, other.commands),
                        joined(answers, other.answers));
    }

    public boolean isNothing() {
        return entries.isEmpty() && commands.isEmpty() && answers.isEmpty();
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        List<T> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}
