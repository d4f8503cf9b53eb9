package io.gimbal.replay;

import io.gimbal.device.Communicator;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.program.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A process that is one rank of several which replay cases together: FOLDER RANK RANKS CASE... */
final class RankReplay {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private RankReplay() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[0]);
        int rank = Integer.parseInt(arguments[1]);
        int ranks = Integer.parseInt(arguments[2]);
        try (Device device = DeviceUnderTest.open();
                Communicator communicator = Communicator.join(device, id(device, folder, rank), rank, ranks,
                        PATIENCE, () -> { })) {
            for (String name : List.of(arguments).subList(3, arguments.length)) {
                try (CaseRun run = new CaseRun(device, CaseFolders.of(name), Optional.empty(), () -> { },
                        Peers.of(communicator, false))) {
                    run.replay(folder.resolve("rank" + rank).resolve(name), _ -> { });
                }
            }
        }
    }

    /** The first rank leaves it in a file, which the others wait for. */
    private static byte[] id(Device device, Path folder, int rank) throws IOException, InterruptedException {
        Path file = folder.resolve("id");
        if (rank == 0) {
            Path partial = Files.write(folder.resolve("id.partial"), Communicator.newId(device));
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(file) && System.nanoTime() - end < 0) {
            Thread.sleep(10);
        }
        return Files.readAllBytes(file);
    }
}
