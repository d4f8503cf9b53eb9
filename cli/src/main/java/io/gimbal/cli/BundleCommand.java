package io.gimbal.cli;

import io.gimbal.config.UserException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code gimbal bundle}, for its help and where there is nothing to pack: from a checkout the launcher itself runs
 * {@code packaging/bundle}.
 */
@Command(name = "bundle", mixinStandardHelpOptions = true,
        description = "Packs Gimbal, from a checkout of its sources, for machines without a JDK, Maven or network: "
                + "gimbal-VERSION-linux-x86_64.tar.xz, with a Java runtime, the software device, the tests and the "
                + "proof for a GPU.")
final class BundleCommand implements Callable<Integer> {
    @Option(names = "--out", paramLabel = "DIR", description = "Where the archive goes (default: target).")
    private Path out;

    @Override
    public Integer call() {
        throw new UserException("a bundle is packed from Gimbal's sources, by the launcher of a checkout: there, run "
                + "./gimbal bundle" + (out == null ? "" : " --out " + out));
    }
}
