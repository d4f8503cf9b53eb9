package io.gimbal.cli;

import io.gimbal.config.UserException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code gimbal rehearse}, for its help and where there is nothing to record: in an unpacked bundle the launcher itself
 * does so.
 */
@Command(name = "rehearse", mixinStandardHelpOptions = true,
        description = "Records a start in lib/ of an unpacked bundle (45 MB, some seconds), by which later starts of "
                + "this user's and others' are shorter. In a checkout each build does so by itself.")
final class RehearseCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw new UserException("a start is recorded for a bundle, by its launcher; in a checkout each build has "
                + "recorded one by itself.");
    }
}
