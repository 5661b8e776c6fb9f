package dev.tomte.home;

import dev.tomte.linux.Fd;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The keeper of a JVM that tests kill: its parent, asked by lines on the standard streams. */
final class LineKeeper implements Keeper {
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final long parent = ProcessHandle.current().parent().orElseThrow().pid();

    private synchronized String ask(String line) throws IOException {
        tell(line);
        String answer = in.readLine();
        if (answer == null) throw new IOException("the parent has gone");
        return answer;
    }

    static void tell(String line) {
        System.out.println(line);
        System.out.flush();
    }

    @Override
    public void keep(String key, List<Fd> fds) throws IOException {
        StringBuilder line = new StringBuilder("KEEP " + key);
        for (Fd fd : fds) line.append(' ').append(fd.value());
        ask(line.toString());
    }

    @Override
    public List<Fd> take(String key) throws IOException {
        List<Fd> taken = new ArrayList<>();
        for (String number : words(ask("TAKE " + key))) taken.add(PidFd.fetch(parent, Integer.parseInt(number)));
        return taken;
    }

    @Override
    public void drop(String key) throws IOException {
        ask("DROP " + key);
    }

    @Override
    public List<String> keys(String prefix) throws IOException {
        return words(ask("KEYS " + prefix));
    }

    private static List<String> words(String line) {
        return line.isBlank() ? List.of() : List.of(line.split(" ", -1));
    }
}
