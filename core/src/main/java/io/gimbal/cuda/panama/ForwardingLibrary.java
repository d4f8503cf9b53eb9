package io.gimbal.cuda.panama;

import java.lang.foreign.Arena;
import java.nio.file.Path;

/** A library of {@code native/forward}, opened. */
public final class ForwardingLibrary {
    private final ForwardFunctions functions;

    /**
     * Opens the library in a file.
     *
     * @throws UnsatisfiedLinkError if it cannot be loaded, with the loader's reason, or does not forward
     */
    public ForwardingLibrary(Path file) {
        SharedLibrary library = SharedLibrary.openLazily(file);
        if (library.symbol(SharedLibrary.FORWARDER).address() == 0) {
            throw new UnsatisfiedLinkError(file + " is not a library of Gimbal's: it has no function "
                    + SharedLibrary.FORWARDER);
        }
        this.functions = NativeLoader.bind(ForwardFunctions.class, library);
    }

    /**
     * The file whose functions are called where a library that is loaded is: the one that it forwards to, whoever in
     * this process had it do so, or the file itself where it does not forward.
     */
    public static String behind(String file) {
        SharedLibrary library = SharedLibrary.openLazily(Path.of(file));
        if (library.symbol(SharedLibrary.FORWARDER).address() == 0) {
            return file;
        }
        String target = SharedLibrary.text(Calls.callLong(NativeLoader.bind(ForwardFunctions.class, library)
                .forwardsTo()));
        return target.isEmpty() ? file : target;
    }

    /**
     * Lets it forward to the library in the file {@code target} from now on; once, before any other call.
     *
     * @throws UnsatisfiedLinkError if that cannot be loaded, with the loader's reason
     */
    public void forwardTo(String target) {
        // The library keeps the text.
        long reason = Calls.callLong(functions.forwardTo(), Arena.global().allocateFrom(target).address());
        if (reason != 0) {
            throw new UnsatisfiedLinkError(target + " cannot be loaded: " + SharedLibrary.text(reason));
        }
    }
}
