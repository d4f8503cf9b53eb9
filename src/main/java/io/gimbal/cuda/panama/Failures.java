package io.gimbal.cuda.panama;

import io.gimbal.cuda.CudaException;

/** The wording of a failed call, the same for all libraries. */
final class Failures {
    private Failures() {}

    static CudaException of(String function, int status, String name, String arguments, String detail) {
        return new CudaException(function, status, message(function, status, name, arguments, detail));
    }

    static String message(String function, int status, String name, String arguments, String detail) {
        String message = function + "(" + arguments + ") failed with status " + status + ", " + name;
        return detail.isBlank() ? message : message + " (" + detail.strip() + ")";
    }
}
