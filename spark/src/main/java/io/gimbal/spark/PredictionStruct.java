package io.gimbal.spark;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.RowPrediction;
import io.gimbal.predict.TaskPrediction;
import java.util.DoubleSummaryStatistics;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What is predicted of a photo, or of a row of a table, as a struct of SQL. Its type follows from a model's fields:
 * what was wrong, a photo's size, then a struct a task that is called as the task is. All of it may be null. Numbers
 * that are not finite are null, so that they do not spoil an average. Maps are summed up at the network's resolution.
 */
final class PredictionStruct {
    /** What is said of a row; tasks have other names, and SQL takes no notice of case. */
    private static final StructType OF_A_ROW = new StructType().add("error", DataTypes.StringType);
    /** The same of a photo. */
    private static final StructType OF_A_PHOTO = OF_A_ROW.add("width", DataTypes.IntegerType).add("height",
            DataTypes.IntegerType);

    private static final DataType BY_NAME = map(DataTypes.DoubleType);

    private static final StructType PLACE = new StructType().add("x", DataTypes.DoubleType).add("y",
            DataTypes.DoubleType);

    private PredictionStruct() {}

    private static DataType map(DataType values) {
        return DataTypes.createMapType(DataTypes.StringType, values, true);
    }

    /** @throws UserException if a task is called as what is said of the photo, or two are but for their case */
    static StructType ofPhotos(List<Field> fields) {
        return type(OF_A_PHOTO, fields);
    }

    /** @throws UserException if a task is called as what is said of the row, or two are but for their case */
    static StructType ofRows(List<Field> fields) {
        return type(OF_A_ROW, fields);
    }

    private static StructType type(StructType said, List<Field> fields) {
        StructType type = said;
        Set<String> taken = new HashSet<>(List.of(said.fieldNames()));
        for (Field field : fields) {
            if (!taken.add(field.name().toLowerCase(Locale.ROOT))) {
                throw new UserException("the task " + Names.quote(field.name()) + " needs another name in Spark, which"
                        + " takes no notice of case: " + Names.list(List.of(said.fieldNames())) + " stand beside the"
                        + " tasks, and no two of these may have one name.");
            }
            type = type.add(field.name(), typeOf(field));
        }
        return type;
    }

    private static StructType typeOf(Field field) {
        StructType type = new StructType();
        if (field.kind() == Field.Kind.COORDINATES) {
            return type.add("points", map(PLACE));
        }
        if (field.wholeImage() && field.kind() == Field.Kind.CLASSES) {
            return type.add("class", DataTypes.StringType).add("number", DataTypes.IntegerType)
                    .add("probability", DataTypes.DoubleType).add("probabilities", BY_NAME);
        }
        boolean one = field.channels() == 1;
        if (field.wholeImage()) {
            return one ? type.add("value", DataTypes.DoubleType) : type.add("values", BY_NAME);
        }
        return switch (field.kind()) {
            case CLASSES -> type.add("shares", BY_NAME);
            case POINTS -> type.add("points", map(PLACE.add("score", DataTypes.DoubleType)));
            case COORDINATES -> throw new IllegalArgumentException(field + " has no pixels");
            case VALUES, EDGES, DEPTH, VECTORS, FLOW -> {
                DataType numbers = one ? DataTypes.DoubleType : BY_NAME;
                yield type.add("mean", numbers).add("min", numbers).add("max", numbers);
            }
        };
    }

    /** What was predicted: maps are summed up, the rest is as it is. */
    static Row of(PhotoPrediction prediction) {
        PhotoPrediction reduced = reduced(prediction);
        List<Field> fields = prediction.fields();
        Object[] values = new Object[OF_A_PHOTO.size() + fields.size()];
        values[1] = prediction.width();
        values[2] = prediction.height();
        for (int i = 0; i < fields.size(); i++) {
            Field field = fields.get(i);
            boolean map = !field.wholeImage() && field.kind() != Field.Kind.POINTS;
            values[OF_A_PHOTO.size() + i] = task((map ? reduced : prediction).task(field.name()), prediction);
        }
        return RowFactory.create(values);
    }

    /** What was predicted of a row. */
    static Row of(RowPrediction prediction) {
        List<Field> fields = prediction.fields();
        Object[] values = new Object[OF_A_ROW.size() + fields.size()];
        for (int i = 0; i < fields.size(); i++) {
            values[OF_A_ROW.size() + i] = whole(prediction.task(fields.get(i).name()));
        }
        return RowFactory.create(values);
    }

    /**
     * The same in as many pixels as the network's image has for the photo, where that has more: more know no more, and
     * bringing a network's 96 x 128 to a photo of 12 million takes longer than all else.
     */
    static PhotoPrediction reduced(PhotoPrediction prediction) {
        return prediction.at(reduced(prediction.height(), prediction.shown().grownDown()), reduced(prediction.width(),
                prediction.shown().grownAcross()));
    }

    private static int reduced(int extent, double grown) {
        return (int) Math.clamp(Math.round(extent / grown), 1L, (long) extent);
    }

    /** What was wrong, and nothing else. */
    static Row of(StructType type, String error) {
        Object[] values = new Object[type.size()];
        values[0] = error;
        return RowFactory.create(values);
    }

    private static Row task(TaskPrediction task, PhotoPrediction prediction) {
        return switch (task) {
            case TaskPrediction.ClassMap map -> RowFactory.create(shares(map));
            case TaskPrediction.ValueMap map -> pixels(map, prediction);
            case TaskPrediction.Points points -> RowFactory.create(points(points));
            case TaskPrediction.ImageClass _, TaskPrediction.ImageValues _ -> whole(task);
        };
    }

    /** Of an image as a whole, or of a row. */
    private static Row whole(TaskPrediction task) {
        return switch (task) {
            case TaskPrediction.ImageClass one -> oneClass(one);
            case TaskPrediction.ImageValues values -> RowFactory.create(numbers(values.field(),
                    i -> values.values()[i]));
            default -> throw new IllegalArgumentException(task.field() + " is of pixels");
        };
    }

    /** Of all classes, so that an average over photos is right; null where no pixel was predicted. */
    private static Object shares(TaskPrediction.ClassMap map) {
        Map<String, Double> some = map.shares();
        if (some.isEmpty()) {
            return null;
        }
        Map<String, Double> all = new LinkedHashMap<>();
        for (int i = 0; i < map.field().classes(); i++) {
            String name = map.field().nameOf(i);
            all.put(name, some.getOrDefault(name, 0.0));
        }
        return CollectionConverters.asScala(all);
    }

    private static Object points(TaskPrediction.Points points) {
        boolean scored = points.field().kind() == Field.Kind.POINTS;
        Map<String, Row> byName = new LinkedHashMap<>();
        for (PhotoPrediction.Point point : points.points()) {
            byName.put(point.name(), scored ? RowFactory.create(point.x(), point.y(), finite(point.score()))
                    : RowFactory.create(point.x(), point.y()));
        }
        return CollectionConverters.asScala(byName);
    }

    private static Row oneClass(TaskPrediction.ImageClass image) {
        Object probabilities = byName(image.field(), image.probabilities().length, i -> image.probabilities()[i]);
        return image.number() < 0 ? RowFactory.create(null, null, null, probabilities) : RowFactory.create(image.name(),
                image.number(), finite(image.probabilities()[image.number()]), probabilities);
    }

    private static Row pixels(TaskPrediction.ValueMap map, PhotoPrediction prediction) {
        Field field = map.field();
        // Displacements are in the pixels of the map.
        double[] scales = field.kind() == Field.Kind.FLOW ? new double[] {(double) prediction.width() / map.width(),
            (double) prediction.height() / map.height()} : null;
        List<DoubleSummaryStatistics> channels = IntStream.range(0, field.channels()).mapToObj(channel -> summary(map,
                channel, scales == null ? 1 : scales[channel])).toList();
        return RowFactory.create(numbers(field, i -> channels.get(i).getCount() == 0 ? Double.NaN : channels.get(i)
                .getAverage()), numbers(field, i -> channels.get(i).getMin()), numbers(field, i -> channels.get(i)
                .getMax()));
    }

    /** Over the pixels that were predicted. */
    private static DoubleSummaryStatistics summary(TaskPrediction.ValueMap map, int channel, double scale) {
        DoubleSummaryStatistics summary = new DoubleSummaryStatistics();
        for (int i = channel; i < map.values().length; i += map.field().channels()) {
            if (!Float.isNaN(map.values()[i])) {
                summary.accept(scale * map.values()[i]);
            }
        }
        return summary;
    }

    /** The number of the one channel, or those of several by name. */
    private static Object numbers(Field field, IntFunction<Number> ofChannel) {
        return field.channels() == 1 ? finite(ofChannel.apply(0).doubleValue()) : byName(field, field.channels(),
                ofChannel);
    }

    private static Object byName(Field field, int count, IntFunction<Number> numbers) {
        Map<String, Double> byName = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            byName.put(field.nameOf(i), finite(numbers.apply(i).doubleValue()));
        }
        return CollectionConverters.asScala(byName);
    }

    private static Double finite(double number) {
        return Double.isFinite(number) ? number : null;
    }
}
