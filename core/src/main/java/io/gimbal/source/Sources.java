package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.data.Augmentation;
import io.gimbal.data.DataSet;
import io.gimbal.data.Fit;
import io.gimbal.data.Intake;
import io.gimbal.data.Normalisation;
import io.gimbal.data.Resolution;
import io.gimbal.data.SampleCache;
import io.gimbal.data.Subset;
import io.gimbal.graph.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Opens the data sets that a configuration's {@code data} and {@code validation} describe. */
public final class Sources {
    private static final List<Source> ALL = List.of(new RoomsSource(), new NyuSource(), new FolderSource(),
            new TableSource(), new MultiMnistSource(), new CityscapesSource(), new TaskonomySource(),
            new PascalSource(), new CocoKeypointsSource(), new MtflSource(), new ToySource());
    /** What every source has, whether to learn from or to validate on. */
    private static final List<String> COMMON = List.of("source", "cache");
    private static final double MOST_HELD_OUT = 0.5;
    private static final List<String> OF_IMAGES = List.of("fit", "normalize");
    /** What only the data to learn from have. */
    private static final List<String> BATCHES = List.of("batch", "shuffle", "hold_out");
    private static final List<String> VARIED = List.of("augment");
    private static final List<String> MIRRORED = List.of("flip");
    private static final List<String> FITS = lower(Fit.values());
    /** What only the data to validate on have. */
    private static final List<String> MEASURED = List.of("resolution");
    private static final List<String> RESOLUTIONS = lower(Resolution.values());
    private static final int MEBIBYTE = 20;

    private Sources() {}

    private static List<String> lower(Enum<?>[] values) {
        return Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).toList();
    }

    /**
     * The data to learn from.
     *
     * @param data  the configuration's {@code data}
     * @param seed  the training's
     * @param input what the network takes
     * @return the data, opened
     * @throws UserException naming the key or file that is at fault
     */
    public static DataSet training(Config data, long seed, Shape input) {
        return training(data, seed, input, Optional.empty());
    }

    /**
     * The same.
     *
     * @param data  the configuration's {@code data}
     * @param seed  the training's
     * @param input what the network takes
     * @param told  what the data that a training was begun with told, by which these are read alike; empty for one that
     *              begins: {@link DataSet#statistics}
     * @return the data, opened
     * @throws UserException naming the key or file that is at fault
     */
    public static DataSet training(Config data, long seed, Shape input, Optional<String> told) {
        return training(data, seed, input, told, Faults.thrown());
    }

    /**
     * The same; faults of single examples that are found now may be kept, and these examples left out.
     *
     * @param data   the configuration's {@code data}
     * @param seed   the training's
     * @param input  what the network takes
     * @param told   what the data that a training was begun with told; empty for one that begins
     * @param faults takes them, or throws the first
     * @return the data, opened
     */
    public static DataSet training(Config data, long seed, Shape input, Optional<String> told, Faults faults) {
        Source source = source(data, data);
        data.allow(source.name(), keys(true));
        DataSet whole = training(data, source, seed, input, augmentation(data), told, faults);
        if (!data.has("hold_out")) {
            return whole;
        }
        Subset learned = Subset.learned(whole, heldOut(data));
        if (learned.size() == whole.size()) {
            throw data.error("hold_out", "is " + heldOut(data) + ", which of " + whole.size()
                    + " examples is not one; hold out more");
        }
        return learned;
    }

    private static DataSet training(Config data, Source source, long seed, Shape input, Augmentation augmentation,
            Optional<String> told, Faults faults) {
        Intake intake = intake(source, data, data, input, augmentation);
        return source.open(new SourceRequest(data, data, true, seed, input, intake, augmentation.flip(), told,
                faults));
    }

    private static double heldOut(Config data) {
        double part = data.number("hold_out", Range.POSITIVE);
        if (part > MOST_HELD_OUT) {
            throw data.error("hold_out", "is " + part + "; at most one half can be held out");
        }
        return part;
    }

    /** What {@code data} holds out, as it is: not varied. */
    private static DataSet heldOut(Config validation, Config data, long seed, Shape input, Optional<String> told,
            Faults faults) {
        validation.allow(List.of("held_out"));
        if (!data.has("hold_out")) {
            throw data.error("has no 'hold_out', and " + validation.place() + " asks for what it holds out: say there "
                    + "which part, such as 0.1");
        }
        return Subset.heldOut(training(data, source(data, data), seed, input, Augmentation.NONE, told, faults),
                heldOut(data));
    }

    /**
     * Refuses data to learn from that do not fill a batch.
     *
     * @param data   the configuration's {@code data}
     * @param batch  examples in one, which {@code data} names under "batch"
     * @param opened the data
     */
    public static void requireBatch(Config data, int batch, DataSet opened) {
        if (opened.size() < batch) {
            throw data.error("batch", "is " + batch + ", but there are only " + opened.size()
                    + " examples; take a smaller batch");
        }
    }

    /**
     * The data to validate on; what {@code validation} does not say is as {@code data} has it.
     *
     * @param validation the configuration's {@code validation}
     * @param data       the configuration's {@code data}
     * @param seed       the training's
     * @param input      what the network takes
     * @return the data, opened
     */
    public static DataSet validation(Config validation, Config data, long seed, Shape input) {
        return validation(validation, data, seed, input, Optional.empty());
    }

    /**
     * The same.
     *
     * @param validation the configuration's {@code validation}
     * @param data       the configuration's {@code data}
     * @param seed       the training's
     * @param input      what the network takes
     * @param told       what the data to learn from told: {@link DataSet#statistics}
     * @return the data, opened
     */
    public static DataSet validation(Config validation, Config data, long seed, Shape input,
            Optional<String> told) {
        return validation(validation, data, seed, input, told, Faults.thrown());
    }

    /**
     * The same; faults of single examples that are found now may be kept, and these examples left out.
     *
     * @param validation the configuration's {@code validation}
     * @param data       the configuration's {@code data}
     * @param seed       the training's
     * @param input      what the network takes
     * @param told       what the data to learn from told
     * @param faults     takes them, or throws the first
     * @return the data, opened
     */
    public static DataSet validation(Config validation, Config data, long seed, Shape input, Optional<String> told,
            Faults faults) {
        if (validation.flag("held_out", false)) {
            return heldOut(validation, data, seed, input, told, faults);
        }
        Source source = source(validation, data);
        validation.allow(source.name(), keys(false));
        Intake intake = intake(source, validation, data, input, Augmentation.NONE);
        DataSet opened = source.open(new SourceRequest(validation, data, false, seed, input, intake, false,
                told, faults));
        return validation.placed(() -> {
            resolution(validation).check(opened);
            return opened;
        });
    }

    /**
     * {@return in whose pixels is validated}
     *
     * @param validation the configuration's {@code validation}
     */
    public static Resolution resolution(Config validation) {
        return validation.has("resolution") ? Resolution.valueOf(validation.choice("resolution", RESOLUTIONS)
                .toUpperCase(Locale.ROOT)) : Resolution.NETWORK;
    }

    /**
     * By what the data to learn from are varied.
     *
     * @param data the configuration's {@code data}
     * @return the variations
     */
    public static Augmentation augmentation(Config data) {
        Source source = source(data, data);
        boolean flip = source.mirrors() && data.flag("flip", true);
        return data.find("augment").map(spec -> augmentation(spec, flip)).orElse(Augmentation.flips(flip));
    }

    private static Source source(Config own, Config fallback) {
        Config spec = own.has("source") ? own : fallback;
        String name = spec.choice("source", ALL.stream().map(Source::name).toList());
        return ALL.stream().filter(source -> source.name().equals(name)).findFirst().orElseThrow();
    }

    private static Map<String, List<String>> keys(boolean training) {
        Map<String, List<String>> keys = new LinkedHashMap<>();
        for (Source source : ALL) {
            List<String> all = new ArrayList<>(COMMON);
            all.addAll(source.keys());
            if (source.ofImages()) {
                all.addAll(OF_IMAGES);
            }
            if (training) {
                all.addAll(BATCHES);
            } else {
                all.add("held_out");
            }
            if (source.ofImages()) {
                all.addAll(training ? VARIED : MEASURED);
            }
            if (training && source.mirrors()) {
                all.addAll(MIRRORED);
            }
            keys.put(source.name(), all);
        }
        return keys;
    }

    private static Intake intake(Source source, Config own, Config fallback, Shape input, Augmentation augmentation) {
        if (source.ofImages() && input.flat()) {
            throw new UserException(own.place() + ": these data are images, but model.input is " + input.describe());
        }
        if ((long) input.height() * input.width() > Intake.MOST_PIXELS) {
            throw new UserException(own.place() + ": these data are images of at most " + Intake.MOST_PIXELS
                    + " pixels, but model.input is " + input.describe());
        }
        Config normalized = own.has("normalize") ? own : fallback;
        Normalisation normalisation = normalized.find("normalize").map(spec -> normalisation(spec, input.channels()))
                .orElse(Normalisation.RANGE);
        String fit = (own.has("fit") ? own : fallback).choice("fit", FITS, FITS.getFirst());
        SampleCache.Bounds cache = cache(own, fallback);
        return own.placed(() -> new Intake(input.height(), input.width(), input.channels(),
                Fit.valueOf(fit.toUpperCase(Locale.ROOT)), normalisation, augmentation, cache));
    }

    private static Normalisation normalisation(Config spec, int channels) {
        if (!spec.isObject()) {
            Normalisation named = spec.choice(List.of("range", "imagenet")).equals("range") ? Normalisation.RANGE
                    : Normalisation.IMAGENET;
            return spec.placed(() -> named.spread(channels));
        }
        spec.allow("mean", "std");
        List<Float> mean = floats(spec.numbers("mean", Range.FINITE));
        List<Float> deviation = floats(spec.numbers("std", Range.POSITIVE));
        return spec.placed(() -> new Normalisation(mean, deviation).spread(channels));
    }

    private static List<Float> floats(double[] values) {
        return Arrays.stream(values).mapToObj(value -> (float) value).toList();
    }

    private static SampleCache.Bounds cache(Config own, Config fallback) {
        return (own.has("cache") ? own : fallback).find("cache").map(spec -> {
            spec.allow("memory_mib", "folder", "disk_mib");
            if (spec.has("folder") != spec.has("disk_mib")) {
                throw spec.error("has '" + (spec.has("folder") ? "folder" : "disk_mib") + "' alone; to keep examples "
                        + "on a disk takes both 'folder', where, and 'disk_mib', how much at most");
            }
            long memory = spec.has("memory_mib") ? (long) spec.nonNegative("memory_mib") << MEBIBYTE
                    : SampleCache.Bounds.DEFAULT.memory();
            Optional<SampleCache.Disk> disk = spec.has("folder") ? Optional.of(new SampleCache.Disk(
                    spec.path("folder"), (long) spec.nonNegative("disk_mib") << MEBIBYTE)) : Optional.empty();
            return new SampleCache.Bounds(memory, disk);
        }).orElse(SampleCache.Bounds.DEFAULT);
    }

    private static Augmentation augmentation(Config spec, boolean flip) {
        spec.allow("scale", "rotate", "shift", "colours", "cutout");
        Augmentation.Colours colours = spec.find("colours").map(Sources::colours).orElse(Augmentation.Colours.SAME);
        List<Double> scales = scales(spec);
        boolean between = between(spec);
        double rotation = spec.number("rotate", 0);
        boolean shift = spec.flag("shift", false);
        double cutout = spec.number("cutout", 0);
        return spec.placed(() -> new Augmentation(flip, scales, between, rotation, shift, colours, cutout));
    }

    private static Augmentation.Colours colours(Config spec) {
        spec.allow("brightness", "contrast", "saturation", "hue");
        double brightness = spec.number("brightness", 0);
        double contrast = spec.number("contrast", 0);
        double saturation = spec.number("saturation", 0);
        double hue = spec.number("hue", 0);
        return spec.placed(() -> new Augmentation.Colours(brightness, contrast, saturation, hue));
    }

    private static boolean between(Config spec) {
        return spec.has("scale") && spec.object("scale").has("between");
    }

    private static List<Double> scales(Config spec) {
        if (!spec.has("scale")) {
            return List.of(1.0);
        }
        Config scale = spec.object("scale");
        scale.allow("between", "among");
        if (scale.has("between") == scale.has("among")) {
            throw scale.error("needs 'between' (two numbers, from the first to the second) or 'among' (some numbers, "
                    + "one of which is drawn)");
        }
        return Arrays.stream(scale.numbers(scale.has("between") ? "between" : "among", Range.POSITIVE)).boxed()
                .toList();
    }
}
