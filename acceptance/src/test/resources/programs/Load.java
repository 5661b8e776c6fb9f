import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A JVM under load: threads that allocate and count; at SIGTERM the counts must be what they must be. */
public final class Load {
    private static volatile boolean stopping;

    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0] + ".txt");
        Files.deleteIfExists(file);
        AtomicLong shared = new AtomicLong();
        long[] own = new long[3];
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < own.length; i++) {
            int index = i;
            threads.add(Thread.ofPlatform().start(() -> {
                while (!stopping) {
                    byte[] garbage = new byte[50_000];
                    garbage[index] = 1;
                    shared.addAndGet(garbage[index]);
                    own[index]++;
                    try {
                        Thread.sleep(1);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            }));
        }
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping = true;
            try {
                main.join();
            } catch (InterruptedException e) {
                Runtime.getRuntime().halt(5);
            }
            // the exit status after SIGTERM would be 143 otherwise
            Runtime.getRuntime().halt(status);
        }));
        long number = 0;
        while (!stopping) {
            number++;
            System.out.println(number);
            Files.writeString(file, number + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            Thread.sleep(10);
        }
        for (Thread thread : threads) thread.join();
        long sum = 0;
        for (long one : own) sum += one;
        List<String> lines = Files.readAllLines(file);
        boolean right = sum == shared.get() && sum > 0 && lines.size() == number;
        for (int i = 0; i < lines.size(); i++) right &= lines.get(i).equals(Long.toString(i + 1));
        if (right) System.out.println("OK " + number);
        status = right ? 0 : 3;
    }

    private static volatile int status = 4;
}
