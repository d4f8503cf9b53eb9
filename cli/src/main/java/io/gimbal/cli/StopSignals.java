package io.gimbal.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What asks a process to end (Ctrl-C, {@code kill}, a terminal that closes) interrupts the thread that made this; a
 * second one ends the process at once. Until it is closed. Where the virtual machine was told to leave signals alone
 * ({@code -Xrs}), they do what they do without.
 */
final class StopSignals implements AutoCloseable {
    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");
    /** Shells give a process that a signal ended this and the signal's number as its exit code. */
    private static final int BY_A_SIGNAL = 128;

    private final Thread thread = Thread.currentThread();
    private final Map<Signal, SignalHandler> before = new HashMap<>();
    private volatile Signal received;

    StopSignals() {
        for (String name : NAMES) {
            handle(name, this::receive);
        }
    }

    private StopSignals(List<String> ignored) {
        for (String name : ignored) {
            handle(name, SignalHandler.SIG_IGN);
        }
    }

    /**
     * For a process whose terminal is that of the process which started it: what the terminal sends to both is for the
     * other, which tells this one.
     */
    static StopSignals ofTerminalIgnored() {
        return new StopSignals(List.of("INT", "HUP"));
    }

    private void handle(String name, SignalHandler handler) {
        Signal signal = new Signal(name);
        try {
            before.put(signal, Signal.handle(signal, handler));
        } catch (IllegalArgumentException taken) {
            // It is the virtual machine's or the system's, and does what it does.
            return;
        }
    }

    private synchronized void receive(Signal signal) {
        if (received != null) {
            Runtime.getRuntime().halt(BY_A_SIGNAL + signal.getNumber());
        }
        received = signal;
        System.err.println("\ngimbal: stopping after the step under way; a second signal ends at once");
        thread.interrupt();
    }

    /** The exit code that stands for the signal that was received. */
    Optional<Integer> exitCode() {
        return Optional.ofNullable(received).map(signal -> BY_A_SIGNAL + signal.getNumber());
    }

    @Override
    public void close() {
        before.forEach(Signal::handle);
    }
}
