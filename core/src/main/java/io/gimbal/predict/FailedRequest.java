package io.gimbal.predict;

import java.util.concurrent.ExecutionException;

/** Why a request has failed. */
final class FailedRequest {
    private FailedRequest() {}

    /** What the request failed by, to be thrown; an error is thrown at once. */
    static RuntimeException cause(ExecutionException failed) {
        return switch (failed.getCause()) {
            case RuntimeException failure -> failure;
            case Error failure -> throw failure;
            default -> new IllegalStateException(failed.getCause());
        };
    }
}
