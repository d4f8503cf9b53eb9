package io.gimbal.cli;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.predict.Model;
import io.gimbal.predict.OutputKind;
import io.gimbal.predict.PhotoList;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.PhotoStream;
import io.gimbal.predict.PredictedTable;
import io.gimbal.predict.PredictionWriter;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorOptions;
import io.gimbal.report.ProgressBar;
import io.gimbal.run.TrainedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal predict}. */
@Command(name = "predict", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Predicts photos with what a run has learned, and writes the results in the photos' own pixels; "
                + "or the rows of tables, and writes these with what is predicted.")
final class PredictCommand implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int BATCH = 8;
    /** Of rows that cannot be read. */
    private static final int MOST_TOLD = 20;

    @Parameters(index = "0", paramLabel = "RUN",
            description = "The run's folder, such as runs/rooms, or one that gimbal export wrote.")
    private Path run;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "FILE|FOLDER",
            description = "Photos, and folders of photos; of a run that learned from a table, tables (CSV, TSV).")
    private List<Path> photos;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder for the results.")
    private Path out;

    @Option(names = "--as", paramLabel = "png,npy,json,overlay", split = ",", defaultValue = "png,json,overlay",
            description = "What is written (default: png,json,overlay).")
    private List<OutputKind> kinds;

    @Option(names = "--overwrite", description = "Replaces results that are there.")
    private boolean overwrite;

    @Option(names = "--checkpoint", paramLabel = "best|last",
            description = "Which checkpoint (default: the best where there is one, else the last).")
    private TrainedModel.Which which;

    @Option(names = "--batch", paramLabel = "N", description = "How many photos are predicted at once (default: "
            + "as many as the training learned from at once).")
    private Integer batch;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ProgressOption progress;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        List<PhotoList.Entry> entries = PhotoList.of(photos, out);
        TrainedModel trained = TrainedModel.read(run, Optional.ofNullable(which));
        int size = batch != null ? batch : trained.configuration().find("data").map(data -> data.positive("batch",
                BATCH)).orElse(BATCH);
        Counts.atLeast("--batch", size, 1);
        Model model = Model.of(trained);
        if (model.takesRows()) {
            return predictTables(model, entries, size);
        }
        PredictorOptions options = PredictorOptions.only(Math.min(size, entries.size()))
                .waiting(Duration.ofMinutes(1));
        try (StopSignals signals = new StopSignals(); Device opened = device.open();
                Predictor predictor = model.predictor(opened, options)) {
            PredictionWriter writer = new PredictionWriter(out, EnumSet.copyOf(kinds), model.fields(), entries,
                    overwrite);
            tellModel(model, opened);
            return predict(predictor, writer, entries, signals);
        }
    }

    private void tellModel(Model model, Device opened) {
        spec.commandLine().getOut().println(model.file().orElseThrow() + model.steps().stream().mapToObj(step ->
                ", step " + step).findFirst().orElse("") + ", " + opened.describe());
    }

    private int predictTables(Model model, List<PhotoList.Entry> entries, int size) {
        if (spec.commandLine().getParseResult().hasMatchedOption("--as")) {
            throw new UserException("--as says what is written of photos; of a table's rows it is a table.");
        }
        TableFiles tables = new TableFiles(model, entries, out, overwrite);
        PredictorOptions options = PredictorOptions.only((int) Math.min(size, tables.rows()))
                .waiting(Duration.ofMinutes(1));
        try (StopSignals signals = new StopSignals(); Device opened = device.open();
                Predictor predictor = model.predictor(opened, options)) {
            tellModel(model, opened);
            return predictTables(predictor, tables, signals);
        }
    }

    private int predictTables(Predictor predictor, TableFiles tables, StopSignals signals) {
        long begin = System.nanoTime();
        PrintWriter screen = spec.commandLine().getOut();
        try (ProgressBar bar = progress.bar("", tables.rows())) {
            Rows rows = new Rows(bar);
            try {
                for (Map.Entry<Path, PredictedTable> table : tables.byResult().entrySet()) {
                    table.getValue().write(predictor, table.getKey(), rows);
                    rows.before += table.getValue().rows();
                }
            } catch (InterruptedException stopped) {
                bar.wipe();
                screen.println("Stopped: tables that were not predicted to their end were not written");
                return signals.exitCode().orElse(FAILED);
            }
            bar.close();
            double seconds = (System.nanoTime() - begin) / 1e9;
            screen.println(String.format(Locale.ROOT, "%d %s predicted in %.1f s: %s", tables.rows() - rows.refused,
                    tables.rows() == 1 ? "row" : "rows", seconds, Names.list(tables.byResult().keySet().stream()
                            .map(Path::toString).toList())));
            if (rows.refused == 0) {
                return 0;
            }
            spec.commandLine().getErr().println("gimbal: " + rows.refused + " of " + tables.rows() + " rows could not"
                    + " be read; what is predicted is empty there");
            return FAILED;
        }
    }

    /** Tells of the rows of all tables. */
    private final class Rows implements PredictedTable.Work {
        private final ProgressBar bar;
        private int before;
        private int refused;

        Rows(ProgressBar bar) {
            this.bar = bar;
        }

        @Override
        public void refused(UserException why) {
            if (++refused <= MOST_TOLD) {
                bar.wipe();
                spec.commandLine().getErr().println("gimbal: " + why.getMessage());
            }
        }

        @Override
        public void done(int count) {
            bar.stepTo(before + count);
        }
    }

    private int predict(Predictor predictor, PredictionWriter writer, List<PhotoList.Entry> entries,
            StopSignals signals) {
        long begin = System.nanoTime();
        writer.begin();
        try (ProgressBar bar = progress.bar("", entries.size())) {
            Writing writing = new Writing(writer, bar);
            try {
                PhotoStream.predict(predictor, entries, writing);
            } catch (IllegalStateException failure) {
                if (!(failure.getCause() instanceof InterruptedException) || !Thread.interrupted()) {
                    throw failure;
                }
                bar.wipe();
                spec.commandLine().getOut().println("Stopped after " + writing.written + " of " + entries.size()
                        + " photos; their results are in " + out);
                return signals.exitCode().orElse(FAILED);
            }
            bar.close();
            return tell(writing, entries.size(), (System.nanoTime() - begin) / 1e9);
        }
    }

    private int tell(Writing writing, int all, double seconds) {
        PrintWriter screen = spec.commandLine().getOut();
        int written = writing.written.get();
        screen.println(String.format(Locale.ROOT, "%d %s predicted in %.1f s, %.1f a second: %s", written,
                written == 1 ? "photo" : "photos", seconds, written / seconds, out));
        if (writing.cropped.get() > 0) {
            screen.println("Of " + writing.cropped + " of them a part was not predicted, since the training's fit "
                    + "crops photos; it is grey, and NaN in .npy");
        }
        if (writing.refused.isEmpty()) {
            return 0;
        }
        PrintWriter err = spec.commandLine().getErr();
        err.println("gimbal: " + writing.refused.size() + " of " + all + " photos could not be read, and were left "
                + "out:");
        writing.refused.forEach(file -> err.println("  " + file));
        return FAILED;
    }

    /** Writes what is predicted, and tells of what cannot be. */
    private final class Writing implements PhotoStream.Work {
        private final PredictionWriter writer;
        private final ProgressBar bar;
        private final List<Path> refused = new ArrayList<>();
        private final AtomicInteger written = new AtomicInteger();
        private final AtomicInteger cropped = new AtomicInteger();

        Writing(PredictionWriter writer, ProgressBar bar) {
            this.writer = writer;
            this.bar = bar;
        }

        @Override
        public void predicted(PhotoList.Entry photo, PhotoPrediction prediction) {
            writer.write(photo.name(), prediction);
            written.incrementAndGet();
            cropped.addAndGet(prediction.shown().whole() ? 0 : 1);
        }

        @Override
        public void refused(PhotoList.Entry photo, UserException why) {
            bar.wipe();
            spec.commandLine().getErr().println("gimbal: " + why.getMessage());
            refused.add(photo.file());
        }

        @Override
        public void done(int count) {
            bar.stepTo(count);
        }
    }
}
