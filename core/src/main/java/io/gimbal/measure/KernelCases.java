package io.gimbal.measure;

import io.gimbal.device.KernelSignature;
import io.gimbal.program.ProgramBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Launches of every kernel of {@code kernels/} at given sizes of images: as the paper's networks have them, with three
 * tasks of 13 classes, depth and normals, and the halves of bf16.
 */
public final class KernelCases {
    private static final int TASKS = 3;
    private static final int CLASSES = 13;
    /** Logits of bf16 stand so far apart. */
    private static final int PITCH = 16;
    /** The image's channels, and what they are padded to in bf16. */
    private static final int COLOURS = 3;
    private static final int PADDED = 8;
    private static final int NORMALS = 3;
    private static final List<String> DIRECTIONS = List.of("cosine", "normalized_l1");
    private static final int MANY_TASKS = 8;
    private static final int TASKS_BY_TILES = 16;
    private static final int MOST_TASKS = 32;
    private static final int POOL = 2;
    private static final int LOGIT_SCALE = 4;
    private static final int WINDOW = 5;
    private static final int LARGE_WINDOW = 9;
    /** As many parameters as the paper's VGG16 SegNet has. */
    private static final long MOST_PARAMETERS = 29_000_000;
    /** Channels of the wide Gram matrix on the software device. */
    public static final int SOFT_WIDTH = 256;
    /** Partial sums of a batch as the paper's networks have it: as many as there may be. */
    private static final int FINISHED = ProgramBuilder.reductionBlocks(1L << 32);
    /** A machine of eight GPUs. */
    private static final int RANKS = 8;
    private static final int STATISTICS = 16_384;
    private static final int ALIGNMENT = 32;
    private static final int RECORDS = 256;
    private static final long RECORD_WORDS = 7L * TASKS + 8;
    private static final int PART_WORDS = 7;
    /** That take the images of a batch of the paper's. */
    private static final int IMAGE_BLOCKS = 1056;

    /** The linear units that do least and most, by their numbers in {@code linear_units.cu}. */
    private static final int LEAKY_RELU = 3;
    private static final int GELU = 5;
    private static final float SLOPE = 0.01f;

    private final List<KernelCase> cases = new ArrayList<>();

    private KernelCases() {}

    /**
     * {@return activations of the paper's networks, of a batch of so many images}
     *
     * @param batch images
     */
    public static List<ImageSize> sizes(int batch) {
        return List.of(new ImageSize(batch, 80, 80, 128), new ImageSize(batch, 160, 160, 64),
                new ImageSize(batch, 320, 320, 64));
    }

    /**
     * The launches.
     *
     * @param sizes of the images
     * @param width channels on both sides of a 3 x 3 convolution, whose gradients by task one Gram matrix more is of
     * @return the launches, kernel by kernel
     */
    public static List<KernelCase> of(List<ImageSize> sizes, int width) {
        KernelCases all = new KernelCases();
        for (ImageSize size : sizes) {
            for (boolean bf16 : new boolean[] {false, true}) {
                all.elementwise(size, bf16);
                all.stacks(size, bf16);
                all.joins(size, bf16);
                all.channels(size, bf16);
                all.softmax(size, bf16);
                all.pooling(size, bf16);
                all.upsampling(size, bf16);
                all.resizing(size, bf16);
                all.losses(size, bf16);
                all.upsampledLosses(size, bf16);
                all.images(size, bf16);
                all.gram(size.channels(), bf16);
                all.gramOfManyTasks(size.channels(), bf16);
                all.drop(size, bf16);
                all.batchNorm(size, bf16);
                all.attention(size, bf16);
            }
            all.sums(size);
        }
        all.gram(width, false);
        all.gram(width, true);
        long largest = sizes.stream().mapToLong(ImageSize::elements).max().orElse(ALIGNMENT);
        all.flat(Math.max(ALIGNMENT, Math.min(MOST_PARAMETERS, largest) / ALIGNMENT * ALIGNMENT));
        for (int tasks : new int[] {TASKS, MANY_TASKS, MOST_TASKS}) {
            all.combining(tasks);
        }
        return List.copyOf(all.cases);
    }

    private void add(String file, String kernel, Object shape, int blocks,
            Function<KernelBuffers, Object[]> arguments) {
        cases.add(new KernelCase(file, kernel, shape.toString(), blocks, arguments));
    }

    private static Object[] launch(Object... arguments) {
        return arguments;
    }

    private static String name(String pair, boolean bf16) {
        return bf16 ? pair + "_bf16" : pair;
    }

    private void elementwise(ImageSize size, boolean low) {
        long n = size.elements();
        int blocks = ProgramBuilder.blocks(n);
        String[] kinds = {"relu", "sigmoid"};
        for (int kind = 0; kind < kinds.length; kind++) {
            int number = kind;
            add("elementwise", name("activation_forward", low), size + " " + kinds[kind], blocks, memory ->
                    launch(memory.elements(low, n), memory.elements(low, n), n, number));
            add("elementwise", name("activation_backward", low), size + " " + kinds[kind], blocks, memory ->
                    launch(memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), n, 1, number));
        }
        for (int number : new int[] {LEAKY_RELU, GELU}) {
            String of = size + (number == GELU ? " gelu" : " leaky_relu");
            add("linear_units", name("linear_unit_forward", low), of, blocks, memory ->
                    launch(memory.elements(low, n), memory.elements(low, n), n, number, SLOPE));
            add("linear_units", name("linear_unit_backward", low), of, blocks, memory -> launch(
                    memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), n, 1, number, SLOPE));
        }
        add("random", name("dropout", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), n, 1, 0L, 1L << 31, 2f, 1L, 0, memory.constants(4, 100)));
        add("elementwise", name("add", low), size, blocks, memory ->
                launch(memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), n));
        add("elementwise", name("bias_forward", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.floats(size.channels()), size.places(), size.channels(), (long) size.channels()));
        add("elementwise", name("widen", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.floats(n), size.places(), size.channels(), (long) size.channels()));
        if (low) {
            add("elementwise", "narrow", size, blocks, memory -> launch(memory.floats(n), memory.elements(true, n), n));
        }
        add("elementwise", name("transpose", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), size.batch(), size.height() * size.width(), size.channels()));
    }

    private void stacks(ImageSize size, boolean low) {
        long n = size.elements();
        long channels = size.channels();
        int blocks = ProgramBuilder.blocks(n);
        add("elementwise", name("activation_backward_packed", low), size + " relu T=3",
                ProgramBuilder.blocks(TASKS * n), memory -> launch(memory.elements(low, n),
                        memory.elements(low, TASKS * n), memory.elements(low, TASKS * n), memory.elements(low, n),
                        size.places(), size.channels(), TASKS, n, channels, channels, TASKS * channels, 0));
        add("linear_units", name("linear_unit_backward_packed", low), size + " gelu T=3",
                ProgramBuilder.blocks(TASKS * n), memory -> launch(memory.elements(low, n),
                        memory.elements(low, TASKS * n), memory.elements(low, TASKS * n), memory.elements(low, n),
                        size.places(), size.channels(), TASKS, n, channels, channels, TASKS * channels,
                        GELU, SLOPE));
        add("elementwise", name("sum_tasks", low), size + " T=3, by task", blocks, memory ->
                launch(memory.elements(low, TASKS * n), memory.elements(low, n), size.places(), size.channels(), TASKS,
                        n, channels, channels));
        add("elementwise", name("sum_tasks", low), size + " T=3, by channel", blocks, memory ->
                launch(memory.elements(low, TASKS * n), memory.elements(low, n), size.places(), size.channels(), TASKS,
                        channels, TASKS * channels, channels));
        add("elementwise", name("combine_tasks", low), size + " T=3, by task", blocks, memory ->
                launch(memory.elements(low, TASKS * n), memory.elements(low, n), size.places(), size.channels(), TASKS,
                        n, channels, channels, memory.doubles(TASKS)));
        add("elementwise", name("combine_tasks", low), size + " T=3, by channel", blocks, memory ->
                launch(memory.elements(low, TASKS * n), memory.elements(low, n), size.places(), size.channels(), TASKS,
                        channels, TASKS * channels, channels, memory.doubles(TASKS)));
        add("elementwise", name("scale_by_weight", low), size, blocks, memory -> launch(memory.elements(low, n),
                size.places(), size.channels(), channels, memory.positive(1)));
        ImageSize logits = new ImageSize(size.batch(), size.height(), size.width(), CLASSES);
        add("elementwise", name("scale_by_weight", low), logits + " of " + PITCH,
                ProgramBuilder.blocks(logits.elements()), memory -> launch(memory.elements(low,
                        logits.places() * PITCH), logits.places(), CLASSES, (long) PITCH, memory.positive(1)));
        add("elementwise", name("pack_tasks", low), size + " T=3", ProgramBuilder.blocks(TASKS * n), memory ->
                launch(memory.elements(low, TASKS * n), memory.elements(low, TASKS * n), size.places(),
                        size.channels(), TASKS));
        int sums = ProgramBuilder.reductionBlocks(n);
        add("elementwise", name("bias_backward", low), size, sums, memory ->
                launch(memory.elements(low, n), memory.floats(sums * channels), size.places(), size.channels(), 1, n,
                        channels));
    }

    private void joins(ImageSize size, boolean low) {
        long n = size.elements();
        int channels = size.channels();
        int pixels = size.height() * size.width();
        int blocks = ProgramBuilder.blocks(n);
        for (int inputs = 2; inputs <= TASKS; inputs++) {
            int joined = inputs;
            add("join", name("scaled_sum", low), size + " of " + inputs, blocks, memory -> launch(
                    memory.elements(low, n), memory.elements(low, n), joined > 2 ? memory.elements(low, n)
                    : ProgramBuilder.NULL, ProgramBuilder.NULL, memory.elements(low, n), 0.5f, 0.25f, 1f, 0f, joined,
                    n));
        }
        add("join", name("multiply", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), memory.elements(low, n), n, 1));
        add("join", name("gate_forward", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), memory.elements(low, n), n));
        for (int gate = 0; gate < 2; gate++) {
            int gated = gate;
            add("join", name("multiply_backward", low), size + (gate == 1 ? " gate" : ""), blocks, memory -> launch(
                    memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), memory.elements(low, n),
                    memory.elements(low, n), n, 1, gated));
        }
        add("join", name("multiply_by_channel", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, (long) size.batch() * channels), memory.elements(low, n), size.batch(), pixels,
                channels, 1));
        add("join", name("multiply_by_place", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, size.places()), memory.elements(low, n), size.places(), channels, 1));
        int sums = ProgramBuilder.reductionBlocks((long) pixels * channels);
        add("join", name("channel_sums", low), size, sums, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), memory.floats((long) sums * size.batch() * channels), size.batch(), pixels,
                channels, 1));
        add("join", name("channel_sums_finish", low), FINISHED + " blocks x " + channels,
                ProgramBuilder.finishBlocks(channels), memory -> launch(memory.floats((long) FINISHED * channels),
                        FINISHED, memory.elements(low, channels), 1, (long) channels, (long) channels));
        add("join", name("place_sums", low), size, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), memory.elements(low, size.places()), size.places(), channels, 1));
        for (int inputs = 2; inputs <= TASKS; inputs++) {
            int mixed = inputs;
            add("join", name("mix_forward", low), size + " of " + inputs, blocks, memory -> launch(
                    memory.elements(low, n), memory.elements(low, n), mixed > 2 ? memory.elements(low, n)
                    : ProgramBuilder.NULL, ProgramBuilder.NULL, memory.floats((long) mixed * channels),
                    memory.elements(low, n), mixed, size.places(), channels, 0));
        }
        if (!low) {
            long count = (long) TASKS * channels;
            String shape = "3x" + channels + " softmax";
            add("join", "mix_coefficients", shape, ProgramBuilder.blocks(count), memory -> launch(
                    memory.floats(count), memory.floats(count), TASKS, channels, 0, 1));
            add("join", "mix_coefficients_backward", shape, ProgramBuilder.blocks(count), memory ->
                    launch(memory.floats(count), memory.floats(count), memory.floats(count), TASKS, channels, 1, 0, 1));
        }
    }

    private void channels(ImageSize size, boolean low) {
        long n = size.elements();
        int channels = size.channels();
        int half = Math.max(1, channels / 2);
        int quarter = Math.max(1, channels / (POOL * POOL));
        long shuffled = size.places() * quarter * POOL * POOL;
        add("channels", name("spread_slice", low), size + " half", ProgramBuilder.blocks(n), memory -> launch(
                memory.elements(low, size.places() * half), memory.elements(low, n), size.places(), half, channels, 0));
        for (String way : new String[] {"forward", "backward"}) {
            add("channels", name("pixel_shuffle_" + way, low), size + " by 2", ProgramBuilder.blocks(shuffled),
                    memory -> launch(memory.elements(low, shuffled), memory.elements(low, shuffled), size.batch(),
                            size.height(), size.width(), quarter, POOL));
        }
    }

    /** As attention to features by task has it, and to few and many channels. */
    private void softmax(ImageSize size, boolean low) {
        long n = size.elements();
        int blocks = ProgramBuilder.blocks(n);
        int groups = size.channels() % 4 == 0 ? 4 : 1;
        String grouped = size + " of " + groups + " groups";
        add("softmax", name("softmax_forward", low), grouped, blocks, memory ->
                launch(memory.elements(low, n), memory.elements(low, n), size.places(), size.channels(), groups));
        add("softmax", name("softmax_backward", low), grouped, blocks, memory -> launch(
                memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), size.places(),
                size.channels(), groups, 1));
        for (int adjacent : new int[] {4, size.channels()}) {
            String of = size + " of runs of " + adjacent;
            add("softmax", name("softmax_adjacent_forward", low), of, blocks, memory ->
                    launch(memory.elements(low, n), memory.elements(low, n), n / adjacent, adjacent));
            add("softmax", name("softmax_adjacent_backward", low), of, blocks, memory -> launch(
                    memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), n / adjacent, adjacent,
                    1));
        }
    }

    private void pooling(ImageSize size, boolean low) {
        long n = size.elements();
        int down = size.height() / POOL;
        int across = size.width() / POOL;
        long pooled = (long) size.batch() * down * across * size.channels();
        Object[] sizes = {size.batch(), size.height(), size.width(), size.channels(), down, across, POOL, POOL, 0};
        Object[] withTasks = joined(sizes, 1);
        add("pool", name("max_pool_forward", low), size, ProgramBuilder.blocks(pooled), memory -> joined(launch(
                memory.elements(low, n), memory.elements(low, pooled), memory.bytes(pooled, POOL * POOL)), sizes));
        add("pool", name("max_pool_backward", low), size, ProgramBuilder.blocks(n), memory -> joined(launch(
                memory.elements(low, pooled), memory.bytes(pooled, POOL * POOL), memory.elements(low, n)), withTasks));
        add("pool", name("max_unpool_forward", low), size, ProgramBuilder.blocks(n), memory -> joined(launch(
                memory.elements(low, pooled), memory.bytes(pooled, POOL * POOL), memory.elements(low, n)), sizes));
        add("pool", name("max_unpool_backward", low), size, ProgramBuilder.blocks(pooled), memory -> joined(launch(
                memory.elements(low, n), memory.bytes(pooled, POOL * POOL), memory.elements(low, pooled)), withTasks));
        averagePooling(size, low, POOL, POOL, 0);
        averagePooling(size, low, POOL + 1, POOL, 1);
        long means = (long) size.batch() * size.channels();
        for (String way : new String[] {"forward", "backward"}) {
            long in = way.equals("forward") ? n : means;
            long out = way.equals("forward") ? means : n;
            add("pool", name("global_average_" + way, low), size, ProgramBuilder.blocks(n), memory ->
                    launch(memory.elements(low, in), memory.elements(low, out), size.batch(),
                            size.height() * size.width(), size.channels()));
        }
    }

    private void averagePooling(ImageSize size, boolean low, int kernel, int stride, int padding) {
        int down = (size.height() + 2 * padding - kernel) / stride + 1;
        int across = (size.width() + 2 * padding - kernel) / stride + 1;
        long pooled = (long) size.batch() * down * across * size.channels();
        long n = size.elements();
        String shape = size + " by " + kernel + " x " + kernel;
        Object[] sizes = {size.batch(), size.height(), size.width(), size.channels(), down, across, kernel, stride,
            padding};
        add("pool", name("average_pool_forward", low), shape, ProgramBuilder.blocks(pooled), memory -> joined(launch(
                memory.elements(low, n), memory.elements(low, pooled)), sizes));
        add("pool", name("average_pool_backward", low), shape, ProgramBuilder.blocks(n), memory -> joined(launch(
                memory.elements(low, pooled), memory.elements(low, n)), sizes));
    }

    private static Object[] joined(Object[] first, Object... second) {
        List<Object> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(second));
        return all.toArray();
    }

    private void upsampling(ImageSize size, boolean low) {
        int scale = 2;
        ImageSize small = new ImageSize(size.batch(), size.height() / scale, size.width() / scale, size.channels());
        long n = small.elements();
        long upsampled = n * scale * scale;
        for (String mode : new String[] {"bilinear", "nearest"}) {
            add("upsample", name("upsample_" + mode + "_forward", low), small + " by 2",
                    ProgramBuilder.blocks(upsampled), memory -> launch(memory.elements(low, n),
                            memory.elements(low, upsampled), small.batch(), small.height(), small.width(),
                            small.channels(), scale));
            add("upsample", name("upsample_" + mode + "_backward", low), small + " by 2", ProgramBuilder.blocks(n),
                    memory -> launch(memory.elements(low, upsampled), memory.elements(low, n), small.batch(),
                            small.height(), small.width(), small.channels(), scale));
        }
    }

    /** To four thirds of the size. */
    private void resizing(ImageSize size, boolean low) {
        ImageSize small = new ImageSize(size.batch(), Math.max(1, size.height() * 3 / 4),
                Math.max(1, size.width() * 3 / 4), size.channels());
        String shape = small + " to " + size.height() + " x " + size.width();
        Object[] sizes = {small.batch(), small.height(), small.width(), small.channels(), size.height(), size.width()};
        for (String mode : new String[] {"bilinear", "nearest"}) {
            add("resize", name("resize_" + mode + "_forward", low), shape, ProgramBuilder.blocks(size.elements()),
                    memory -> joined(launch(memory.elements(low, small.elements()),
                            memory.elements(low, size.elements())), sizes));
            add("resize", name("resize_" + mode + "_backward", low), shape, ProgramBuilder.blocks(small.elements()),
                    memory -> joined(launch(memory.elements(low, size.elements()),
                            memory.elements(low, small.elements())), sizes));
        }
    }

    private void losses(ImageSize size, boolean low) {
        long places = size.places();
        int blocks = ProgramBuilder.reductionBlocks(places * CLASSES);
        String shape = new ImageSize(size.batch(), size.height(), size.width(), CLASSES) + " of " + PITCH;
        add("loss", name("cross_entropy", low), shape, blocks, memory -> launch(memory.elements(low, places * PITCH),
                memory.ints(places, CLASSES), memory.positive(1), memory.constant(100),
                memory.elements(low, places * PITCH), memory.floats(blocks), places, CLASSES, PITCH, PITCH, -1));
        String normals = new ImageSize(size.batch(), size.height(), size.width(), NORMALS) + " of " + PADDED;
        add("loss", name("regression", low), normals, blocks, memory -> launch(memory.elements(low, places * PADDED),
                memory.floats(places * NORMALS), memory.positive(1), memory.constant(100),
                memory.elements(low, places * PADDED), memory.floats(blocks), places, NORMALS, PADDED, PADDED, 0f, 1,
                0, 1f));
        add("loss", name("balanced_cross_entropy", low), normals, blocks, memory -> launch(
                memory.elements(low, places * PADDED), memory.floats(places * NORMALS), memory.positive(1),
                memory.constant(100), memory.elements(low, places * PADDED), memory.floats(blocks), places, NORMALS,
                PADDED, PADDED, 0f, 1, memory.positive(2)));
        for (String kernel : DIRECTIONS) {
            add("loss", name(kernel, low), normals, blocks, memory -> launch(memory.elements(low, places * PADDED),
                    memory.floats(places * NORMALS), memory.positive(1), memory.constant(100),
                    memory.elements(low, places * PADDED), memory.floats(blocks), places, NORMALS, PADDED, PADDED, 0f,
                    1));
        }
    }

    private void upsampledLosses(ImageSize size, boolean low) {
        int height = Math.max(1, size.height() / LOGIT_SCALE);
        int width = Math.max(1, size.width() / LOGIT_SCALE);
        long small = (long) size.batch() * height * width;
        long places = small * LOGIT_SCALE * LOGIT_SCALE;
        int blocks = ProgramBuilder.reductionBlocks(places * CLASSES);
        String shape = new ImageSize(size.batch(), height, width, CLASSES) + " by 4";
        add("upsampled_loss", name("cross_entropy_upsampled", low), shape, blocks, memory ->
                launch(memory.elements(low, small * PITCH), memory.ints(places, CLASSES), memory.positive(1),
                        memory.constant(100), memory.elements(low, small * PITCH), memory.floats(blocks), size.batch(),
                        height, width, CLASSES, LOGIT_SCALE, PITCH, PITCH, -1));
        String normals = new ImageSize(size.batch(), height, width, NORMALS) + " by 4";
        add("upsampled_loss", name("regression_upsampled", low), normals, blocks, memory ->
                launch(memory.elements(low, small * PADDED), memory.floats(places * NORMALS), memory.positive(1),
                        memory.constant(100), memory.elements(low, small * PADDED), memory.floats(blocks), size.batch(),
                        height, width, NORMALS, LOGIT_SCALE, PADDED, PADDED, 0f, 1, 0, 1f));
        add("upsampled_loss", name("balanced_cross_entropy_upsampled", low), normals, blocks, memory ->
                launch(memory.elements(low, small * PADDED), memory.floats(places * NORMALS), memory.positive(1),
                        memory.constant(100), memory.elements(low, small * PADDED), memory.floats(blocks), size.batch(),
                        height, width, NORMALS, LOGIT_SCALE, PADDED, PADDED, 0f, 1, memory.positive(2)));
        for (String kernel : DIRECTIONS) {
            add("upsampled_loss", name(kernel + "_upsampled", low), normals, blocks, memory ->
                    launch(memory.elements(low, small * PADDED), memory.floats(places * NORMALS), memory.positive(1),
                            memory.constant(100), memory.elements(low, small * PADDED), memory.floats(blocks),
                            size.batch(), height, width, NORMALS, LOGIT_SCALE, PADDED, PADDED, 0f, 1));
        }
    }

    /** Of the image made smaller by 8, each place of which looks at all others; and by 4, in windows. */
    private void attention(ImageSize size, boolean low) {
        attention(new ImageSize(size.batch(), Math.max(1, size.height() / 8),
                Math.max(1, size.width() / 8), size.channels()), "attention", 0, low);
        ImageSize quarter = new ImageSize(size.batch(), Math.max(1, size.height() / 4),
                Math.max(1, size.width() / 4), size.channels());
        attention(quarter, "attention", LARGE_WINDOW, low);
        attention(quarter, "attention_near", WINDOW, low);
    }

    private void attention(ImageSize size, String file, int window, boolean low) {
        long n = size.elements();
        int channels = size.channels();
        String shape = size + (window == 0 ? "" : " in windows of " + window);
        long tiles = window == 0 ? (size.height() * size.width() + 63) / 64
                : (size.height() + 7L) / 8 * ((size.width() + 7) / 8);
        int blocks = file.equals("attention") ? ProgramBuilder.itemBlocks(tiles * size.batch())
                : ProgramBuilder.blocks(n);
        float scale = (float) (1 / Math.sqrt(channels));
        add(file, name(file + "_forward", low), shape, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), memory.floats(size.places()),
                size.batch(), size.height(), size.width(), channels, channels, 1, window, scale));
        for (String input : List.of("q", "k")) {
            add(file, name(file + "_backward_" + input, low), shape, blocks, memory -> launch(
                    memory.elements(low, n), memory.elements(low, n), memory.elements(low, n), memory.elements(low, n),
                    memory.positive(size.places()), memory.floats(size.places()),
                    memory.elements(low, n), size.batch(), size.height(), size.width(), channels, channels, 1, window,
                    scale, 1));
        }
        add(file, name(file + "_backward_v", low), shape, blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, n), memory.elements(low, n),
                memory.positive(size.places()), memory.elements(low, n), size.batch(),
                size.height(), size.width(), channels, channels, 1, window, scale, 1));
        if (window == 0) {
            add("attention", name("attention_backward_dots", low), shape, ProgramBuilder.blocks(n), memory -> launch(
                    memory.elements(low, n), memory.elements(low, n), memory.floats(size.places()), size.batch(),
                    size.height() * size.width(), channels, 1, 1));
        }
    }

    private void images(ImageSize size, boolean low) {
        long places = size.places();
        int pitch = low ? PADDED : COLOURS;
        ImageSize image = new ImageSize(size.batch(), size.height(), size.width(), COLOURS);
        int blocks = ProgramBuilder.blocks(places * pitch);
        add("batch", name("select_images", low), image, blocks, memory ->
                launch(memory.floats(2 * places * COLOURS), memory.elements(low, places * pitch),
                        memory.ints(blocks, 1), places, COLOURS, pitch, 0L, places * COLOURS, 2,
                        memory.constants(4, 1)));
        if (!low) {
            long words = places * (1 + NORMALS);
            add("batch", "select_batch", words + " words", ProgramBuilder.blocks(words), memory ->
                    launch(memory.floats(2 * words), memory.floats(words), words, 0L, words, 2,
                            memory.constants(4, 1)));
        }
    }

    /** Of the weights of a 3 x 3 convolution with that many channels on both sides. */
    private void gram(int width, boolean low) {
        long weights = 9L * width * width;
        gram("gram", weights, TASKS, low);
    }

    /** Of a convolution with as many channels as the image: products in registers, and by tiles. */
    private void gramOfManyTasks(int channels, boolean low) {
        gram("gram_wide", 9L * channels * channels, MANY_TASKS, low);
        gram("gram_wide", 9L * channels * channels, TASKS_BY_TILES, low);
    }

    private void gram(String kernel, long weights, int tasks, boolean low) {
        int blocks = ProgramBuilder.reductionBlocks(weights);
        add("balance", name(kernel, low), weights + " T=" + tasks, blocks, memory -> launch(
                memory.elements(low, tasks * weights), memory.elements(low, weights),
                memory.floats((long) blocks * tasks * tasks), weights, tasks));
    }

    /** Of four samples with as many elements: what is done once for all of them is shared out. */
    private void drop(ImageSize image, boolean low) {
        ImageSize size = new ImageSize(4 * image.batch(), Math.max(1, image.height() / 2),
                Math.max(1, image.width() / 2), image.channels());
        long n = size.elements();
        int pixels = size.height() * size.width();
        int blocks = ProgramBuilder.reductionBlocks((long) pixels * size.channels());
        add("drop", name("drop_signs", low), size + " T=3", blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, TASKS * n), memory.elements(low, n), memory.floats(2L * blocks * TASKS),
                size.batch(), pixels, size.channels(), size.channels(), TASKS, n, memory.doubles(TASKS),
                memory.positive(TASKS), 1L, memory.constants(4, 100)));
        long sums = (long) TASKS * pixels * size.channels();
        add("drop", name("drop_sums", low), size + " T=3", blocks, memory -> launch(memory.elements(low, n),
                memory.elements(low, TASKS * n), memory.floats(sums), size.batch(), pixels, size.channels(),
                size.channels(), TASKS, n, memory.positive(TASKS)));
        add("drop", name("drop_signs_by_sums", low), size + " T=3", blocks, memory -> launch(
                memory.elements(low, TASKS * n), memory.floats(sums), memory.elements(low, n),
                memory.floats(2L * blocks * TASKS), size.batch(), pixels, size.channels(), size.channels(), TASKS, n,
                memory.doubles(TASKS), memory.positive(TASKS), 1L, memory.constants(4, 100)));
    }

    /** All kernels of batch normalisation, their arguments by the parameters' names. */
    private void batchNorm(ImageSize size, boolean low) {
        for (String file : List.of("batch_norm", "batch_norm_backward")) {
            for (String kernel : new TreeSet<>(KernelSignature.kernels(file))) {
                if (kernel.endsWith("_bf16") != low) {
                    continue;
                }
                KernelSignature signature = KernelSignature.of(file, kernel);
                boolean stacks = signature.parameters().contains("T");
                String of = kernel.endsWith("_finish") ? FINISHED + " blocks x " + size.channels()
                        : kernel.endsWith("_join") ? RANKS + " ranks x " + size.channels() : size.toString();
                int[] counts = kernel.contains("_tasks") ? new int[] {TASKS}
                        : stacks ? new int[] {1, TASKS} : new int[] {1};
                for (int tasks : counts) {
                    batchNorm(size, low, file, signature, tasks, stacks ? of + " T=" + tasks : of);
                }
            }
        }
    }

    private void batchNorm(ImageSize size, boolean low, String file, KernelSignature signature, int tasks,
            String shape) {
        String kernel = signature.kernel();
        long n = size.elements();
        long halved = (long) size.batch() * (size.height() / POOL) * (size.width() / POOL) * size.channels();
        long channels = size.channels();
        int reducing = kernel.endsWith("_finish") ? FINISHED : ProgramBuilder.reductionBlocks(n);
        int blocks = kernel.endsWith("_finish") ? ProgramBuilder.finishBlocks(channels)
                : kernel.contains("inference") || kernel.endsWith("_join") ? 1
                : kernel.contains("statistics") || kernel.contains("reduce") ? reducing
                : ProgramBuilder.blocks(n * tasks);
        // before: x and dx; behind: y and dy, which a pooling makes smaller and an unpooling larger
        long before = kernel.contains("_unpool_") ? halved : n;
        long behind = kernel.contains("_pool_") ? halved : kernel.contains("_into") ? 2 * n : n;
        Function<KernelBuffers, Object[]> arguments = memory -> signature.parameters().stream().map(name ->
                switch (name) {
                    case "x", "dx", "sum" -> memory.elements(low, before * (name.equals("dx") ? tasks : 1));
                    case "y", "dy", "gated", "residual" ->
                            memory.elements(low, behind * (name.equals("dy") ? tasks : 1));
                    case "index" -> memory.bytes(halved, POOL * POOL);
                    case "mean", "beta", "dgamma", "dbeta" -> memory.floats(channels);
                    case "inverse_std", "gamma", "running_variance", "unbiased_variance" -> memory.positive(channels);
                    case "partials" -> memory.positive(2 * reducing * tasks * channels);
                    case "sums" -> memory.floats(2 * tasks * channels);
                    case "all" -> memory.positive(2 * RANKS * channels);
                    case "ranks" -> RANKS;
                    case "blocks" -> reducing;
                    case "eps" -> 1e-5f;
                    case "M" -> size.places();
                    case "N" -> size.batch();
                    case "H" -> size.height();
                    case "W" -> size.width();
                    case "C" -> size.channels();
                    case "T" -> tasks;
                    case "relu" -> 1;
                    case "dy_task_stride", "dx_task_stride" -> n;
                    case "y_place_stride" -> 2 * channels;
                    case "x_place_stride", "dy_place_stride", "dx_place_stride" -> channels;
                    default -> throw new IllegalStateException("no value is known for the parameter " + name + " of "
                            + kernel);
                }).toArray();
        add(file, kernel, shape, blocks, arguments);
    }

    /** Counts of labels, and what adds up partial sums. */
    private void sums(ImageSize size) {
        long places = size.places();
        int counting = ProgramBuilder.reductionBlocks(places);
        add("loss", "count_classes", places, counting, memory ->
                launch(memory.ints(places, CLASSES), memory.ints(counting, 1), places, -1));
        int labelling = ProgramBuilder.reductionBlocks(places * NORMALS);
        add("loss", "count_labels", places + "x" + NORMALS, labelling, memory ->
                launch(memory.floats(places * NORMALS), memory.ints(labelling, 1), places, NORMALS, 0f, 1));
        add("loss", "count_positives", places + "x" + NORMALS, labelling, memory ->
                launch(memory.floats(places * NORMALS), memory.ints(labelling, 1), places, NORMALS, 0f, 1));
        add("loss", "shares_finish", FINISHED + " blocks", 1, memory ->
                launch(memory.ints(FINISHED, 1), FINISHED, memory.constant(100), memory.floats(2)));
        add("loss", "count_finish", FINISHED + " blocks", 1, memory ->
                launch(memory.ints(FINISHED, CLASSES), FINISHED, 1, memory.ints(1, 1)));
        add("loss", "loss_finish", FINISHED + " blocks", 1, memory ->
                launch(memory.floats(FINISHED), FINISHED, memory.constant(100), memory.floats(1)));
        add("optimizer", "clip_finish", FINISHED + " blocks", 1, memory ->
                launch(memory.positive(FINISHED), FINISHED, 1f, memory.floats(1), memory.ints(1, 1)));
        int channels = size.channels();
        add("elementwise", "bias_backward_finish", FINISHED + " blocks x " + channels,
                ProgramBuilder.finishBlocks(channels), memory -> launch(memory.floats((long) FINISHED * channels),
                        FINISHED, ProgramBuilder.NULL, memory.floats(channels), channels, 1));
        add("drop", "drop_finish", FINISHED + " blocks, T=3", 1, memory -> launch(
                memory.positive(2L * FINISHED * TASKS), FINISHED, memory.doubles(TASKS),
                memory.doubles(TASKS * TASKS), TASKS));
        add("balance", "gram_finish", FINISHED + " blocks, T=3", 1, memory ->
                launch(memory.floats((long) FINISHED * TASKS * TASKS), FINISHED, memory.doubles(TASKS * TASKS),
                        TASKS));
    }

    /**
     * Over n parameters; with gradients and a copy in bf16 where {@code low}, in two groups and clipped where
     * {@code grouped}.
     */
    private void optimizers(long n, boolean low, boolean grouped) {
        int blocks = ProgramBuilder.blocks(n);
        String shape = n + (low ? " with bf16 gradients and copy" : "") + (grouped ? ", groups, clipped" : "");
        add("optimizer", "sgd", shape, blocks, memory -> joined(gradients(memory, n, low), memory.floats(n), n,
                memory.positive(1), 0.9f, 1e-4f, grouped ? memory.bytes((n + 31) / 32, 2) : ProgramBuilder.NULL,
                grouped ? memory.positive(4) : ProgramBuilder.NULL,
                grouped ? memory.positive(1) : ProgramBuilder.NULL, memory.constant(1)));
        add("optimizer", "adam", shape, blocks, memory -> joined(gradients(memory, n, low), memory.floats(n),
                memory.positive(n), n, memory.positive(1), memory.constants(4, 100), 0.9f, 0.999f, 1e-8f, 0f, 0,
                grouped ? memory.bytes((n + 31) / 32, 2) : ProgramBuilder.NULL,
                grouped ? memory.positive(4) : ProgramBuilder.NULL,
                grouped ? memory.positive(1) : ProgramBuilder.NULL, memory.constant(1)));
    }

    /** What runs over all parameters, and what a step does once. */
    private void flat(long n) {
        int blocks = ProgramBuilder.blocks(n);
        optimizers(n, false, false);
        optimizers(n, true, false);
        optimizers(n, true, true);
        int clipping = ProgramBuilder.reductionBlocks(n);
        add("optimizer", "clip_squares", n, clipping, memory -> launch(memory.floats(n), ProgramBuilder.NULL, 0L,
                memory.floats(clipping), n));
        add("optimizer", "clip_squares", n + " with bf16 gradients", clipping, memory -> launch(memory.floats(n),
                memory.elements(true, n), n, memory.floats(clipping), n));
        for (boolean low : new boolean[] {false, true}) {
            add("optimizer", "average", n + (low ? " with bf16 copy" : ""), blocks, memory -> launch(memory.floats(n),
                    memory.floats(n), low ? memory.elements(true, n) : ProgramBuilder.NULL, low ? n : 0L, n,
                    memory.constants(4, 100), 1e-3f, memory.constant(1)));
        }
        add("optimizer", "running_statistics", STATISTICS, ProgramBuilder.blocks(STATISTICS), memory ->
                launch(memory.floats(STATISTICS), memory.floats(STATISTICS), memory.positive(STATISTICS), STATISTICS,
                        memory.constant(1)));
        add("optimizer", "learning_rate", 1, 1, memory -> launch(memory.constants(4, 100), memory.floats(1), 1e-3f, 3,
                10L, 1000L, 100L, 0.1f, 0.9f, 0f, 7L));
        balancing();
        add("batch", "inspect_batch", "T=3, accepted", TASKS + 1, memory -> launch(memory.floats(1), 1L, 1,
                memory.constants(4, 100), memory.constant(1), memory.constants(PART_WORDS * (TASKS + 1), 1), TASKS,
                memory.doubles(RECORDS * RECORD_WORDS), RECORDS));
    }

    /** The rules that combine gradients, and what looks at these. */
    private void combining(int tasks) {
        rule("solve_simplex", "solve_mgda", tasks, memory -> launch(0));
        rule("solve_simplex", "solve_cagrad", tasks, memory -> launch(0.5, 1));
        rule("solve_cone", "solve_upgrad", tasks, memory -> launch(1e-4));
        rule("solve_cone", "solve_dualproj", tasks, memory -> launch(1e-4));
        rule("solve_fair", "solve_fairgrad", tasks, memory -> launch(1.0));
        rule("solve_spectrum", "solve_imtl_g", tasks, memory -> launch());
        rule("solve_spectrum", "solve_config", tasks, memory -> launch());
        rule("solve_spectrum", "solve_aligned", tasks, memory -> launch(0));
        rule("solve_pairs", "solve_pcgrad", tasks, memory -> launch(1L, memory.constants(4, 100)));
        rule("solve_pairs", "solve_gradvac", tasks, memory -> launch(1L, memory.constants(4, 100), 0.5,
                memory.doubles((long) tasks * tasks), memory.doubles((long) tasks * tasks)));
        add("diagnose", "diagnose", "T=" + tasks, 1, memory -> launch(memory.gram(tasks), memory.equalInts(tasks, 1),
                memory.constants(4, 100), memory.doubles(RECORDS * (tasks * (tasks - 1L) / 2 + 1)), RECORDS, tasks));
    }

    private void rule(String file, String kernel, int tasks, Function<KernelBuffers, Object[]> own) {
        add(file, kernel, "T=" + tasks, 1, memory -> joined(launch(memory.gram(tasks), memory.positive(tasks),
                memory.equalInts(tasks, 1), memory.doubles(tasks), memory.ints(1, 2), tasks), own.apply(memory)));
    }

    /** What rules that weight losses do once a step. */
    private void balancing() {
        String shape = "T=" + TASKS;
        add("balance", "judge_step", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.doubles(TASKS * TASKS), memory.ints(IMAGE_BLOCKS, 1), IMAGE_BLOCKS, memory.doubles(TASKS), 0,
                ProgramBuilder.NULL, memory.constants(4, 100), memory.ints(1, 2),
                memory.doubles(RECORDS * RECORD_WORDS), memory.positive(1), RECORDS, TASKS));
        add("weighting", "learn_gradnorm", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.doubles(TASKS * TASKS), memory.constant(1), memory.constants(4, 100), memory.doubles(5 * TASKS),
                memory.positive(TASKS), memory.doubles(TASKS), TASKS, 1.5, 0.025, 1e-3, 8.0, 1, 0, 0L, 1L,
                Long.MAX_VALUE));
        add("weighting", "learn_initial", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.constant(1), memory.doubles(5 * TASKS), TASKS));
        add("weighting", "learn_uncertainty", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.constant(1), memory.doubles(5 * TASKS), memory.positive(TASKS), memory.doubles(TASKS), TASKS,
                0.025, 1));
        add("weighting", "learn_impartial", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.constant(1), memory.doubles(5 * TASKS), memory.positive(TASKS), TASKS, 0.025, 1));
        add("weighting", "learn_average", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.constant(1), memory.constants(4, 100), memory.doubles(5 * TASKS), memory.positive(TASKS), TASKS,
                50, 2.0));
        add("weighting", "learn_nadir", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.constant(1), memory.constants(4, 100), memory.doubles(4 * TASKS), TASKS, 50L, 100L));
        add("weighting", "weigh_geometric", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.doubles(TASKS), memory.floats(TASKS), TASKS));
        add("weighting", "weigh_invariant", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.doubles(TASKS), memory.floats(TASKS), TASKS));
        add("weighting", "weigh_tchebycheff", shape, 1, memory -> launch(memory.positive(TASKS), memory.ints(TASKS, 9),
                memory.constants(4, 100), memory.doubles(4 * TASKS), memory.doubles(TASKS), memory.floats(TASKS), TASKS,
                1.0, 50L));
        add("weighting", "weigh_randomly", shape, 1, memory -> launch(memory.ints(TASKS, 9), memory.constants(4, 100),
                1L, memory.doubles(TASKS), memory.floats(TASKS), TASKS));
        add("weighting", "keep_averages", shape, 1, memory -> launch(memory.constant(1), memory.doubles(TASKS * TASKS),
                memory.doubles(TASKS * (TASKS + 1)), TASKS));
    }

    /** An optimiser's parameters, gradients and copy. */
    private static Object[] gradients(KernelBuffers memory, long n, boolean low) {
        return low
                ? launch(memory.floats(n), memory.floats(n), memory.elements(true, n), n, memory.elements(true, n), n)
                : launch(memory.floats(n), memory.floats(n), ProgramBuilder.NULL, 0L, ProgramBuilder.NULL, 0L);
    }
}
