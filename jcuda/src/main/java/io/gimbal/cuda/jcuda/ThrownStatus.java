package io.gimbal.cuda.jcuda;

import java.util.function.IntFunction;
import jcuda.CudaException;

/**
 * The status that JCuda's own exception stands for. JCuda throws it in place of returning the status once a program has
 * called {@code setExceptionsEnabled(true)}, which many do first of all; it names the status and drops the number.
 */
final class ThrownStatus {
    private static final int LAST = 9999;
    private static final String UNNAMED = "INVALID ";

    private ThrownStatus() {}

    /** @param stringFor JCuda's names of the library's statuses */
    static int of(CudaException thrown, IntFunction<String> stringFor) {
        String name = thrown.getMessage();
        if (name.startsWith(UNNAMED)) {
            return Integer.parseInt(name.substring(name.lastIndexOf(' ') + 1));
        }
        for (int status = 1; status <= LAST; status++) {
            if (name.equals(stringFor.apply(status))) {
                return status;
            }
        }
        throw thrown;
    }

    /** A call of one of JCuda's functions. */
    interface Call {
        int status();
    }

    /** The status that a call returns or throws. For calls outside of the step loop: the lambda may be an object. */
    static int of(Call call, IntFunction<String> stringFor) {
        try {
            return call.status();
        } catch (CudaException thrown) {
            return of(thrown, stringFor);
        }
    }
}
