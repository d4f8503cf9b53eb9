package io.gimbal.survey;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Position;
import io.gimbal.data.Sampler;
import io.gimbal.data.Variation;
import io.gimbal.drawing.ContactSheet;
import io.gimbal.drawing.Pictures;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepPlan;
import io.gimbal.graph.Shape;
import io.gimbal.loss.TaskSpec;
import io.gimbal.model.NetworkReader;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingPlan;
import io.gimbal.source.Sources;
import io.gimbal.train.TaskFields;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The data of a training's configuration, opened as the training opens them, but for their faults: these are kept, so
 * that all are found. For one thread.
 */
public final class TrainingData {
    private static final int VARIED_EXAMPLES = 2;
    private static final int VARIATIONS = 3;
    private static final int MOST_EPOCHS = 16;

    private final Faults faults = Faults.kept();
    private final Config spec;
    private final long seed;
    private final Optional<Set<String>> read;
    private final Optional<DataSet> training;
    private final Optional<DataSet> validation;

    /**
     * Opens them.
     *
     * @param config of which {@code model.input} and {@code data} are needed; where it has tasks, their fields are
     *               checked, too
     * @param all    whether fields that no task reads are looked at, too
     * @throws UserException if something but the data is at fault in it
     */
    public TrainingData(Config config, boolean all) {
        TrainingConfig.allow(config);
        spec = config.object("data");
        Optional<TrainingPlan> plan = config.has("tasks") ? Optional.of(TrainingPlan.read(config)) : Optional.empty();
        Optional<NetworkGraph> graph = plan.map(trained -> trained.network().graph(TrainingConfig.batch(spec)));
        Shape input = graph.map(NetworkGraph::input).orElseGet(() -> NetworkReader.inputShape(config.object("model")));
        seed = plan.map(TrainingPlan::seed).orElseGet(() -> config.longInteger("seed", StepPlan.DEFAULT_SEED));
        read = all ? Optional.empty() : plan.map(trained -> trained.tasks().stream().map(TaskSpec::field)
                .collect(Collectors.toSet()));
        training = faults.attempt(() -> Sources.training(spec, seed, input, Optional.empty(), faults));
        if (training.isPresent() && plan.isPresent()) {
            faults.attempt(() -> checked(config, training.get(), graph.get(), plan.get()));
        }
        if (training.isPresent() && faults.messages().isEmpty()) {
            faults.attempt(() -> {
                Sources.requireBatch(spec, TrainingConfig.batch(spec), training.get());
                return training;
            });
        }
        // Validation is read as the data to learn from tell: without these there is nothing to tell of it.
        validation = training.flatMap(learned -> config.find("validation").flatMap(held -> faults.attempt(() ->
                Sources.validation(held, spec, seed, input, learned.statistics(), faults))));
    }

    private static DataSet checked(Config config, DataSet data, NetworkGraph graph, TrainingPlan plan) {
        TaskFields.check(config, data, graph, plan.tasks());
        return data;
    }

    /** How many examples there are to read. */
    public int examples() {
        return training.map(DataSet::size).orElse(0) + validation.map(DataSet::size).orElse(0);
    }

    /** Reads all of them; {@code step} is told of each, on this thread. */
    public Survey read(Runnable step) {
        Optional<SetFigures> learned = training.map(data -> Survey.read("data", data, fields(data), faults, step));
        Optional<SetFigures> held = validation.map(data -> Survey.read("validation", data, fields(data), faults, step));
        return new Survey(learned, held, faults.messages());
    }

    private List<Field> fields(DataSet data) {
        return data.fields().stream().filter(field -> read.isEmpty() || read.get().contains(field.name())).toList();
    }

    /**
     * Draws examples to learn from, evenly spread, and the first of them as the first epochs of the training vary them.
     *
     * @param most how many, at least 1
     * @return whether there was any that can be drawn
     */
    public boolean draw(Path file, int most) {
        if (training.isEmpty() || !Pictures.canShow(training.get())) {
            return false;
        }
        DataSet data = training.get();
        List<Field> fields = fields(data);
        ContactSheet sheet = new ContactSheet(data, fields);
        ExampleReader reader = new ExampleReader(data, fields);
        Sampler order = Sampler.training(data.size(), 1, seed, false, Sources.augmentation(spec));
        int count = Math.min(most, data.size());
        int drawn = 0;
        for (int k = 0; k < count; k++) {
            int index = (int) ((2L * k + 1) * data.size() / (2L * count));
            boolean sound = draw(sheet, reader, index, Variation.NONE, data.name(index));
            if (sound && drawn < VARIED_EXAMPLES) {
                variations(order, index).forEach((variation, epoch) -> draw(sheet, reader, index, variation,
                        data.name(index) + ", varied as in epoch " + epoch));
            }
            drawn += sound ? 1 : 0;
        }
        if (drawn > 0) {
            sheet.write(file);
        }
        return drawn > 0;
    }

    /** The first that differ, and the first epoch that has each. */
    private SequencedMap<Variation, Integer> variations(Sampler order, int index) {
        SequencedMap<Variation, Integer> different = new LinkedHashMap<>();
        for (int epoch = 0; epoch < MOST_EPOCHS && different.size() < VARIATIONS; epoch++) {
            Variation variation = order.variation(new Position(seed, epoch, index), 0);
            if (!variation.equals(Variation.NONE)) {
                different.putIfAbsent(variation, epoch + 1);
            }
        }
        return different;
    }

    /** Whether the example could be read; why not, was told when all were. */
    private static boolean draw(ContactSheet sheet, ExampleReader reader, int index, Variation variation,
            String caption) {
        try {
            reader.read(index, variation);
        } catch (UserException told) {
            return false;
        }
        sheet.add(caption, reader.image(), reader.labels());
        return true;
    }
}
