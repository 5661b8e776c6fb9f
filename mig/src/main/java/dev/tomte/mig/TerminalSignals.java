package dev.tomte.mig;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/** What the terminal, or whoever else, tells this command to do: no public API of Java has it, so it is looked up. */
final class TerminalSignals {
    private TerminalSignals() {}

    /** From now on these do not end the JVM; each is told by its name (INT), in a thread of its own. */
    static void pass(Consumer<String> to, String... names) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Method handle = signal.getMethod("handle", signal, handler);
            for (String name : names) {
                Object passes =
                        Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (_, method, _) -> {
                            if (method.getName().equals("handle")) Thread.startVirtualThread(() -> to.accept(name));
                            return null;
                        });
                handle.invoke(null, signal.getConstructor(String.class).newInstance(name), passes);
            }
        } catch (ReflectiveOperationException e) {
            throw new Refused("signals cannot be passed on: " + e);
        }
    }
}
