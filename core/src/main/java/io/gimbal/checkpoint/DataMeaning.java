package io.gimbal.checkpoint;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Fit;
import io.gimbal.data.Normalisation;
import io.gimbal.loss.TaskSpec;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * What the numbers mean that a network takes and gives, as far as its data told: how stored values became those of its
 * input, and what the classes, points, or else channels, of its tasks are called. It stands in the metadata of files of
 * parameters, which then serve without the data. Immutable.
 *
 * @param normalisation empty where it is not known
 * @param names         by task, by number; without tasks whose classes and channels have none
 * @param statistics    what the data to learn from told, by which others are read alike ({@link DataSet#statistics})
 * @param fit           how images of other sizes met the network's; empty where it is not known
 * @param kinds         by task what its values are, as {@link Field#isDepth} and {@link Field#isVectors} have it;
 *                      without tasks of which it is not known
 */
public record DataMeaning(Optional<Normalisation> normalisation, SequencedMap<String, List<String>> names,
        Optional<String> statistics, Optional<Fit> fit, SequencedMap<String, Field.Kind> kinds) {
    /** Where nothing is known. */
    public static final DataMeaning UNKNOWN = new DataMeaning(Optional.empty(), new LinkedHashMap<>());

    private static final String MEAN = "data.mean";
    private static final String DEVIATION = "data.deviation";
    private static final String NAMES = "names.";
    private static final String STATISTICS = "data.statistics";
    private static final String FIT = "data.fit";
    private static final String KINDS = "kinds.";

    public DataMeaning {
        names = new LinkedHashMap<>(names);
        kinds = new LinkedHashMap<>(kinds);
    }

    /** Where neither how images were fitted nor what values are is known. */
    public DataMeaning(Optional<Normalisation> normalisation, SequencedMap<String, List<String>> names) {
        this(normalisation, names, Optional.empty(), Optional.empty(), new LinkedHashMap<>());
    }

    /** The same with another normalisation. */
    public DataMeaning normalised(Normalisation other) {
        return new DataMeaning(Optional.of(other), names, statistics, fit, kinds);
    }

    /** The same with another way to fit images. */
    public DataMeaning fitted(Fit other) {
        return new DataMeaning(normalisation, names, statistics, Optional.of(other), kinds);
    }

    /** The same with other names. */
    public DataMeaning named(SequencedMap<String, List<String>> others) {
        return new DataMeaning(normalisation, others, statistics, fit, kinds);
    }

    @Override
    public SequencedMap<String, Field.Kind> kinds() {
        return new LinkedHashMap<>(kinds);
    }

    @Override
    public SequencedMap<String, List<String>> names() {
        return new LinkedHashMap<>(names);
    }

    /** What a data set tells of what is learned from it. */
    public static DataMeaning of(DataSet data, List<TaskSpec> tasks) {
        SequencedMap<String, List<String>> names = new LinkedHashMap<>();
        SequencedMap<String, Field.Kind> kinds = new LinkedHashMap<>();
        for (TaskSpec task : tasks) {
            Field field = data.field(task.field());
            kinds.put(task.name(), field.isDepth() ? Field.Kind.DEPTH : field.isVectors() ? Field.Kind.VECTORS
                    : field.kind());
            if (!field.names().isEmpty()) {
                names.put(task.name(), field.names());
            }
        }
        return new DataMeaning(Optional.of(data.normalisation()), names, data.statistics(), Optional.of(data.fit()),
                kinds);
    }

    /** It as texts for a file's metadata: lists in JSON. */
    public Map<String, String> metadata() {
        Map<String, String> texts = new LinkedHashMap<>();
        normalisation.ifPresent(how -> {
            texts.put(MEAN, list(how.mean(), ArrayNode::add));
            texts.put(DEVIATION, list(how.deviation(), ArrayNode::add));
        });
        statistics.ifPresent(text -> texts.put(STATISTICS, text));
        fit.ifPresent(how -> texts.put(FIT, text(how)));
        kinds.forEach((task, kind) -> texts.put(KINDS + task, text(kind)));
        names.forEach((task, channels) -> texts.put(NAMES + task, list(channels, ArrayNode::add)));
        return texts;
    }

    private static <T> String list(List<T> values, BiConsumer<ArrayNode, T> add) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        values.forEach(value -> add.accept(list, value));
        return list.toString();
    }

    /**
     * What a file's metadata say; nothing is known where they say nothing.
     *
     * @param file what messages call the file
     * @throws UserException naming the key whose text cannot be
     */
    public static DataMeaning read(Map<String, String> metadata, String file) {
        SequencedMap<String, List<String>> names = new LinkedHashMap<>();
        SequencedMap<String, Field.Kind> kinds = new LinkedHashMap<>();
        for (String key : metadata.keySet()) {
            if (key.startsWith(NAMES)) {
                names.put(key.substring(NAMES.length()), list(metadata, file, key, Config::text));
            } else if (key.startsWith(KINDS)) {
                kinds.put(key.substring(KINDS.length()), one(metadata, file, key, Field.Kind.values()));
            }
        }
        boolean normalised = metadata.containsKey(MEAN) || metadata.containsKey(DEVIATION);
        return new DataMeaning(normalised ? Optional.of(normalisation(metadata, file)) : Optional.empty(), names,
                Optional.ofNullable(metadata.get(STATISTICS)), metadata.containsKey(FIT) ? Optional.of(one(metadata,
                file, FIT, Fit.values())) : Optional.empty(), kinds);
    }

    private static String text(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static <E extends Enum<E>> E one(Map<String, String> metadata, String file, String key, E[] all) {
        String text = metadata.get(key);
        return Arrays.stream(all).filter(value -> text(value).equals(text)).findFirst().orElseThrow(() ->
                new UserException(file + ": its metadata's " + key + " is " + Names.quote(text) + "; it may be "
                        + Names.list(Arrays.stream(all).map(DataMeaning::text).toList())));
    }

    private static Normalisation normalisation(Map<String, String> metadata, String file) {
        List<Float> mean = list(metadata, file, MEAN, value -> (float) value.number(Range.FINITE));
        List<Float> deviation = list(metadata, file, DEVIATION, value -> (float) value.number(Range.POSITIVE));
        try {
            return new Normalisation(mean, deviation);
        } catch (UserException e) {
            throw new UserException(file + ": its metadata's " + MEAN + " and " + DEVIATION + ": " + e.getMessage(), e);
        }
    }

    private static <T> List<T> list(Map<String, String> metadata, String file, String key, Function<Config, T> reader) {
        String text = metadata.getOrDefault(key, "");
        return Config.parse(text, file + ": its metadata's " + key).list().stream().map(reader).toList();
    }
}
