package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoList;
import io.gimbal.predict.PredictedTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Tables whose rows are to be predicted, and the files of the results. */
final class TableFiles {
    private final SequencedMap<Path, PredictedTable> byResult = new LinkedHashMap<>();

    /**
     * Reads the tables.
     *
     * @param overwrite whether results that are there may be replaced; a table never is
     */
    TableFiles(Model model, List<PhotoList.Entry> tables, Path out, boolean overwrite) {
        for (PhotoList.Entry table : tables) {
            Path result = out.resolve(table.name() + ".csv");
            if (tables.stream().anyMatch(other -> same(other.file(), result))) {
                throw new UserException(result + " is a table to be predicted, and is not replaced; name another folder"
                        + " with --out.");
            }
            if (Files.exists(result) && !overwrite) {
                throw new UserException(result + ": is there already; --overwrite replaces it.");
            }
            byResult.put(result, PredictedTable.read(table.file(), model));
        }
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.exists(other) && Files.isSameFile(one, other);
        } catch (IOException unknown) {
            return false;
        }
    }

    /** The tables by the files of their results, in the order in which they were given. */
    SequencedMap<Path, PredictedTable> byResult() {
        return byResult;
    }

    long rows() {
        return byResult.values().stream().mapToLong(PredictedTable::rows).sum();
    }
}
