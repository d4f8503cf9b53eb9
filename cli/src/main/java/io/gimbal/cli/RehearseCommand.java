package io.gimbal.cli;

import io.gimbal.config.UserException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code gimbal rehearse}, for its help and where there is nothing to record: in an unpacked bundle the launcher itself
 * does so.
 */
@Command(name = "rehearse", mixinStandardHelpOptions = true,
        description = "Records a start anew in lib/ of a bundle that was copied without its files' times (45 MB, some "
                + "seconds), by which later starts are shorter. A checkout's builds do so by themselves.")
final class RehearseCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw new UserException("a start is recorded for a bundle, by its launcher; in a checkout each build has "
                + "recorded one by itself.");
    }
}
