package io.gimbal.train;

import io.gimbal.engine.StepRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * Training stopped because too many steps in a row had a loss or norm that is not finite, or ended without a single
 * step that counted; the message names the tasks, and what of their data is broken.
 */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<StepRecord> records;

    /**
     * Says why, and keeps what the steps did.
     *
     * @param message complete: which tasks, and what to look at
     * @param records what nobody has been told of yet
     */
    public DivergedException(String message, List<StepRecord> records) {
        super(message);
        this.records = List.copyOf(records);
    }

    /** The same behind records that were read earlier. */
    DivergedException behind(List<StepRecord> earlier) {
        List<StepRecord> all = new ArrayList<>(earlier);
        all.addAll(records);
        return new DivergedException(getMessage(), all);
    }

    /** {@return what the steps did that nobody has been told of yet, up to the one that was too many} */
    public List<StepRecord> records() {
        return records;
    }
}
