package io.gimbal.survey;

import io.gimbal.config.Names;
import io.gimbal.data.Field;
import io.gimbal.report.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A data set's figures as tables. */
final class SurveyText {
    private static final int MOST_ROWS = 64;
    private static final int LONGEST_BAR = 24;
    private static final String NOTHING = "-";

    private final SetFigures set;
    private final StringBuilder text = new StringBuilder();

    private SurveyText(SetFigures set) {
        this.set = set;
    }

    static String of(SetFigures set) {
        SurveyText written = new SurveyText(set);
        written.write();
        return written.text.toString();
    }

    private void write() {
        text.append(set.part()).append(": ").append(set.examples()).append(set.examples() == 1 ? " example"
                : " examples").append(" of ").append(Names.list(List.of(set.origin())));
        if (set.sound() < set.examples()) {
            text.append(", of which ").append(set.sound()).append(" can be read");
        }
        text.append('\n');
        if (set.sound() == 0) {
            return;
        }
        if (set.pictured()) {
            sizes();
            colours();
        }
        fields();
        set.fields().forEach(this::counts);
        if (set.withoutLabels() > 0) {
            int more = set.withoutLabels() - set.unlabelled().size();
            text.append("Without any label: ").append(set.withoutLabels()).append(" of ").append(set.sound())
                    .append(" examples: ").append(Names.list(set.unlabelled()))
                    .append(more > 0 ? " and " + more + " more" : "").append('\n');
        }
    }

    private void sizes() {
        Map.Entry<Size, Integer> most = Collections.max(set.sizes().entrySet(), Map.Entry.comparingByValue());
        if (set.sizes().size() == 1) {
            text.append("Images: all of ").append(most.getKey()).append(" pixels\n");
            return;
        }
        text.append("Images: ").append(set.sizes().size()).append(" sizes, from ").append(set.sizes().firstKey())
                .append(" to ").append(set.sizes().lastKey()).append(" pixels; most often ").append(most.getKey())
                .append(" (").append(most.getValue()).append(" of ").append(set.sound()).append(")\n");
    }

    private void colours() {
        text.append("As \"normalize\" could have it: {\"mean\": [").append(list(Moments::mean))
                .append("], \"std\": [").append(list(Moments::deviation)).append("]}\n");
    }

    private String list(ToDoubleFunction<Moments> figure) {
        return Stream.of(set.colours()).map(channel -> String.format(Locale.ROOT, "%.4f", figure.applyAsDouble(
                channel))).collect(Collectors.joining(", "));
    }

    private void fields() {
        Table table = new Table("field", "kind", "labelled examples", "labelled pixels", "channel", "least", "largest",
                "mean", "deviation", "not finite");
        for (FieldFigures figures : set.fields()) {
            int channels = figures.severalLabels() ? 0 : Math.min(figures.channels(), MOST_ROWS);
            for (int row = 0; row < Math.max(1, channels); row++) {
                List<String> cells = new ArrayList<>(row == 0 ? known(figures) : List.of("", "", "", ""));
                cells.add(channels > 1 ? channel(figures.field(), row) : NOTHING);
                cells.addAll(channels == 0 ? Collections.nCopies(5, NOTHING) : values(figures.values(row)));
                table.row(cells.toArray(String[]::new));
            }
        }
        text.append(table);
        set.fields().stream().filter(figures -> !figures.severalLabels() && figures.channels() > MOST_ROWS)
                .forEach(figures -> more(figures.channels(), "channels of " + figures.field().name()));
    }

    private static List<String> known(FieldFigures figures) {
        Field field = figures.field();
        return List.of(field.name(), kind(figures), figures.labelledExamples() + " of " + figures.examples(),
                field.wholeImage() || field.kind() == Field.Kind.POINTS ? NOTHING : percent(figures.labelledPart()));
    }

    private static List<String> values(Moments values) {
        return Stream.concat(DoubleStream.of(values.least(), values.largest(), values.mean(), values.deviation())
                .mapToObj(value -> values.count() == 0 ? NOTHING : number(value)), Stream.of(Long.toString(
                        values.notFinite()))).toList();
    }

    private static String channel(Field field, int number) {
        boolean axes = field.names().isEmpty() && (field.isVectors() || field.kind() == Field.Kind.FLOW);
        return axes ? "xyz".substring(number, number + 1) : Names.list(List.of(field.channelName(number)));
    }

    private static String kind(FieldFigures figures) {
        Field field = figures.field();
        String kind = switch (field.kind()) {
            case CLASSES -> field.classes() + " classes";
            case POINTS -> field.channels() + " points";
            case COORDINATES -> "coordinates of " + field.parts() + " points";
            default -> figures.severalLabels() ? field.channels() + " labels" : field.kind().name().toLowerCase(
                    Locale.ROOT);
        };
        return field.wholeImage() ? kind + " of the image" : kind;
    }

    /** Of classes, points and several labels: how often there is each. */
    private void counts(FieldFigures figures) {
        int count = figures.counted();
        if (count == 0 || figures.labelledExamples() == 0) {
            return;
        }
        Field field = figures.field();
        boolean pixels = field.kind() == Field.Kind.CLASSES && !field.wholeImage();
        Table table = pixels ? new Table(field.name(), "pixels", "share", "in examples", "")
                : new Table(field.name(), "in examples", "share", "");
        double largest = IntStream.range(0, count).mapToDouble(number -> share(figures, number))
                .max().orElseThrow();
        for (int number = 0; number < Math.min(count, MOST_ROWS); number++) {
            double share = share(figures, number);
            String name = Names.list(List.of(field.nameOf(number)));
            String examples = Long.toString(figures.examplesOf(number));
            String bar = figures.examplesOf(number) == 0 ? "never" : bar(share / largest);
            if (pixels) {
                table.row(name, Long.toString(figures.ofClass(number)), percent(share), examples, bar);
            } else {
                table.row(name, examples, percent(share), bar);
            }
        }
        text.append(table);
        more(count, "rows of " + field.name());
    }

    /** The part of the labelled pixels that is of a class; else of the labelled examples that have it. */
    private static double share(FieldFigures figures, int number) {
        return figures.field().kind() == Field.Kind.CLASSES ? (double) figures.ofClass(number) / figures.labelled()
                : (double) figures.examplesOf(number) / figures.labelledExamples();
    }

    private void more(int all, String what) {
        if (all > MOST_ROWS) {
            text.append("The first ").append(MOST_ROWS).append(" of ").append(all).append(' ').append(what)
                    .append("; --json has all\n");
        }
    }

    private static String bar(double part) {
        int eighths = (int) Math.max(1, Math.round(8 * LONGEST_BAR * part));
        return "█".repeat(eighths / 8) + (eighths % 8 == 0 ? "" : Character.toString('█' + 8 - eighths % 8));
    }

    private static String percent(double part) {
        return Double.isNaN(part) ? NOTHING : String.format(Locale.ROOT, part > 0 && part < 0.0005 ? "%.4f %%"
                : "%.1f %%", 100 * part);
    }

    private static String number(double value) {
        double size = Math.abs(value);
        return value == 0 ? "0" : size >= 1e6 || size < 1e-3 ? String.format(Locale.ROOT, "%.3e", value)
                : String.format(Locale.ROOT, "%.4g", value);
    }
}
