package io.gimbal.predict;

import io.gimbal.config.Counts;
import io.gimbal.data.Field;
import io.gimbal.data.Shown;
import io.gimbal.picture.Resize;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a network says of one photo, in the photo's pixels as it is shown (turned by its EXIF orientation). Between the
 * network's pixels it is bilinear: logits before the class is chosen, vectors before they are brought to length 1.
 * Pixels of the photo that the network was not shown, where its fit crops, are not predicted. Immutable but for the
 * arrays that it hands out, which are the caller's; safe for use by several threads.
 */
public final class PhotoPrediction {
    /** The class number of a pixel that was not predicted. */
    public static final short NOT_PREDICTED = -1;

    private final Photo photo;
    private final List<Field> fields;
    private final int height;
    private final int width;
    private final List<float[]> outputs;
    private final Set<String> yesOrNo;

    /**
     * @param yesOrNo the fields whose values are logits of yes or no
     * @param height  of the network's image
     * @param outputs of each field, H, W, C of the network's image; C of one of the whole image
     */
    PhotoPrediction(Photo photo, List<Field> fields, Set<String> yesOrNo, int height, int width,
            List<float[]> outputs) {
        this.photo = photo;
        this.fields = List.copyOf(fields);
        this.height = height;
        this.width = width;
        this.outputs = List.copyOf(outputs);
        this.yesOrNo = Set.copyOf(yesOrNo);
    }

    /**
     * A point of the photo.
     *
     * @param number among the field's points, from 0
     * @param name   what it is called
     * @param x      the column, where the middle of the first one is 0
     * @param y      the row likewise
     * @param score  the heat map's largest value; of logits of yes or no, how likely yes is there; NaN of coordinates,
     *               which have none
     */
    public record Point(int number, String name, double x, double y, double score) {}

    Photo photo() {
        return photo;
    }

    /** {@return rows of the photo} */
    public int height() {
        return photo.shown().height();
    }

    /** {@return columns of the photo} */
    public int width() {
        return photo.shown().width();
    }

    /** {@return which part of the photo is predicted} */
    public Shown shown() {
        return photo.shown();
    }

    /**
     * The same, brought to another size of the photo, in whose pixels places and displacements are then. Many uses of a
     * large photo need no more pixels than the network's image has, and take a fraction of the time by them. It has no
     * preview.
     *
     * @param toHeight rows of the photo at that size
     * @param toWidth  columns of the photo at that size
     * @return what is predicted, of which nothing is computed before it is asked for
     * @throws io.gimbal.config.UserException if one is below 1
     */
    public PhotoPrediction at(int toHeight, int toWidth) {
        Counts.atLeast("toHeight", toHeight, 1);
        Counts.atLeast("toWidth", toWidth, 1);
        return new PhotoPrediction(new Photo(photo.name(), shown().at(toHeight, toWidth), null), fields, yesOrNo,
                height, width, outputs);
    }

    /** {@return what is predicted, called as the tasks are} */
    public List<Field> fields() {
        return fields;
    }

    /**
     * What is predicted for a task, in the photo's pixels. It is computed when it is asked for, each time anew.
     *
     * @param name the task's
     * @return what is predicted, of one of the kinds that {@link TaskPrediction} permits
     * @throws IllegalArgumentException if there is no such task; names those that there are
     */
    public TaskPrediction task(String name) {
        int number = Model.number(fields, name);
        Field field = fields.get(number);
        if (field.kind() == Field.Kind.COORDINATES) {
            return new TaskPrediction.Points(field, points(number));
        }
        if (field.wholeImage()) {
            return WholePrediction.of(field, outputs.get(number), yesOrNo(number));
        }
        return switch (field.kind()) {
            case CLASSES -> new TaskPrediction.ClassMap(field, height(), width(), classes(number));
            case POINTS -> new TaskPrediction.Points(field, points(number));
            default -> new TaskPrediction.ValueMap(field, height(), width(), values(number, field.channels(), height(),
                    width()));
        };
    }

    /** The class of the whole image. */
    TaskPrediction.ImageClass ofTheImage(int field) {
        return TaskPrediction.ImageClass.of(fields.get(field), outputs.get(field));
    }

    /**
     * Whether a field's values are logits of yes or no: above 0 is yes.
     *
     * @param field its number among {@link #fields}
     * @return whether they are
     */
    public boolean yesOrNo(int field) {
        return yesOrNo.contains(fields.get(field).name());
    }

    /**
     * The network's own output for a field: H, W, C of its image, or C of the whole.
     *
     * @param field its number among {@link #fields}
     * @return the values, in an array of the caller's
     */
    public float[] raw(int field) {
        return outputs.get(field).clone();
    }

    /**
     * What is predicted of each pixel, row by row from the top: C values a pixel, as {@link #raw} has them, but vectors
     * of length 1 and displacements in the photo's pixels; NaN where nothing is predicted.
     *
     * @param field its number among {@link #fields}
     * @param rows  takes each row; the array changes with the next one
     */
    public void rows(int field, Resize.Rows rows) {
        rows(field, photo.shown(), rows);
    }

    /** The same of all of the photo at another size. */
    void rowsAt(int field, int toHeight, int toWidth, Resize.Rows rows) {
        rows(field, photo.shown().at(toHeight, toWidth), rows);
    }

    private void rows(int number, Shown shown, Resize.Rows rows) {
        shown.rows(fields.get(number), outputs.get(number), height, width, rows);
    }

    /**
     * The class of each pixel, row by row: the one with the largest logit, or {@link #NOT_PREDICTED}.
     *
     * @param field its number among {@link #fields}
     * @return numbers of the classes, height times width of the photo
     */
    public short[] classes(int field) {
        return classes(field, height(), width());
    }

    short[] classes(int field, int toHeight, int toWidth) {
        requireKind(field, Field.Kind.CLASSES);
        int classes = fields.get(field).classes();
        short[] numbers = new short[toHeight * toWidth];
        rowsAt(field, toHeight, toWidth, (y, row) -> {
            for (int x = 0; x < toWidth; x++) {
                numbers[y * toWidth + x] = largest(row, x * classes, classes);
            }
        });
        return numbers;
    }

    /** The number of the largest value, the first of several; none where all are NaN. */
    private static short largest(float[] values, int from, int count) {
        short best = NOT_PREDICTED;
        for (int i = 0; i < count; i++) {
            if (!Float.isNaN(values[from + i]) && (best < 0 || values[from + i] > values[from + best])) {
                best = (short) i;
            }
        }
        return best;
    }

    /**
     * The first so many values of each pixel at a size, as pictures show them: what logits of yes or no say is how
     * likely yes is. NaN where nothing is predicted.
     */
    float[] values(int field, int channels, int toHeight, int toWidth) {
        int all = fields.get(field).predicted();
        float[] values = new float[toHeight * toWidth * channels];
        rowsAt(field, toHeight, toWidth, (y, row) -> {
            for (int x = 0; x < toWidth; x++) {
                System.arraycopy(row, x * all, values, (y * toWidth + x) * channels, channels);
            }
        });
        return said(field, values);
    }

    /** The values, in place; where they are logits of yes or no, how likely yes is. */
    private float[] said(int field, float[] values) {
        return yesOrNo(field) ? WholePrediction.likely(values) : values;
    }

    /**
     * Where each heat map is largest within the photo, between pixels by the parabola through the logarithms of that
     * value and its neighbours, which is exact for the bells that networks learn; a map without a number has no point.
     * Coordinates are where the network says, in the photo or not; what is not finite is no point.
     *
     * @param field its number among {@link #fields}, one of points or coordinates
     * @return the points, in the field's order, in pixels of the photo
     */
    public List<Point> points(int field) {
        if (fields.get(field).kind() == Field.Kind.COORDINATES) {
            return located(field);
        }
        requireKind(field, Field.Kind.POINTS);
        List<Point> points = new ArrayList<>();
        float[] maps = said(field, raw(field));
        for (int channel = 0; channel < fields.get(field).channels(); channel++) {
            HeatMap map = new HeatMap(maps, height, width, fields.get(field).channels(), channel);
            int best = map.largest(photo.shown().window());
            if (best >= 0) {
                int y = best / width;
                int x = best % width;
                points.add(new Point(channel, fields.get(field).nameOf(channel), photo.shown().across(x
                        + map.besideAcross(y, x)), photo.shown().down(y + map.besideDown(y, x)), map.at(y, x)));
            }
        }
        return points;
    }

    private List<Point> located(int field) {
        float[] places = coordinates(field);
        List<Point> points = new ArrayList<>();
        for (int point = 0; point < fields.get(field).parts(); point++) {
            if (Float.isFinite(places[2 * point]) && Float.isFinite(places[2 * point + 1])) {
                points.add(new Point(point, fields.get(field).nameOf(point), places[2 * point], places[2 * point + 1],
                        Double.NaN));
            }
        }
        return points;
    }

    /** Column and row of each point of a field of coordinates, in pixels of the photo. */
    float[] coordinates(int field) {
        float[] places = raw(field);
        for (int i = 0; i < places.length; i += 2) {
            places[i] = (float) photo.shown().across((double) places[i] * width - 0.5);
            places[i + 1] = (float) photo.shown().down((double) places[i + 1] * height - 0.5);
        }
        return places;
    }

    private void requireKind(int field, Field.Kind kind) {
        if (fields.get(field).kind() != kind || fields.get(field).wholeImage()) {
            throw new IllegalArgumentException(fields.get(field) + " is no field of " + kind + " of each pixel");
        }
    }
}
