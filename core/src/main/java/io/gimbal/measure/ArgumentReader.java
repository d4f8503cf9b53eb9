package io.gimbal.measure;

import io.gimbal.config.FilePath;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.NumberArray;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one argument of a kernel, as {@link KernelArgument#FORM} says. */
final class ArgumentReader {
    private static final Pattern ARGUMENT = Pattern.compile(
            "(out\\s+)?(\\w+)\\s*(?:\\[\\s*([^\\]]*?)\\s*])?\\s*(?:=\\s*(.*))?");
    private static final Pattern RANDOM = Pattern.compile("random(?:\\s+(\\S+?)\\.\\.(\\S+))?");
    private static final String ARRAY_FILE = ".npy";
    private static final int MOST_DIGITS = 10;

    private final String place;
    private final String text;

    ArgumentReader(int number, String text) {
        this.place = "Argument " + number + ", " + Names.quote(text) + ": ";
        this.text = text;
    }

    private UserException refused(String reason) {
        return new UserException(place + reason);
    }

    KernelArgument read() {
        Matcher argument = ARGUMENT.matcher(text);
        if (!argument.matches()) {
            throw refused("an argument is written as " + KernelArgument.FORM + ".");
        }
        ElementType type = ElementType.of(argument.group(2)).orElseThrow(() -> refused("there is no type "
                + Names.quote(argument.group(2)) + "; there are " + ElementType.all() + "."));
        boolean output = argument.group(1) != null;
        String value = argument.group(4);
        if (argument.group(3) != null) {
            return array(type, argument.group(3), output, value);
        }
        if (output) {
            throw refused("an output is an array; say how large, such as out " + type + "[1024].");
        }
        if (value == null) {
            throw refused("it has no value. An argument is written as " + KernelArgument.FORM + ".");
        }
        return new KernelArgument.Scalar(type, number(type, value.strip(), false));
    }

    private KernelArgument.Array array(ElementType type, String extents, boolean output, String value) {
        List<Integer> shape = new ArrayList<>();
        long bytes = type.bytes();
        for (String extent : extents.split("x", -1)) {
            long size = extent.strip().matches("\\d{1," + MOST_DIGITS + "}") ? Long.parseLong(extent.strip()) : 0;
            if (size < 1 || size > Integer.MAX_VALUE || bytes > Long.MAX_VALUE / size) {
                throw refused("'" + extents + "' is no shape; write whole numbers from 1 to 2147483647, such as "
                        + "4096x1024.");
            }
            bytes *= size;
            shape.add((int) size);
        }
        if (value == null && !output) {
            throw refused("what does it hold? Write =random, =zeros, a number or a file.npy behind it, or out in "
                    + "front of it.");
        }
        KernelArgument.Fill fill = value == null ? new KernelArgument.Fill.Unwritten()
                : fill(type, shape, value.strip());
        return new KernelArgument.Array(type, shape, output, fill);
    }

    private KernelArgument.Fill fill(ElementType type, List<Integer> shape, String value) {
        Matcher random = RANDOM.matcher(value);
        if (value.equals("zeros")) {
            return new KernelArgument.Fill.Constant(type.real() ? (Number) 0.0 : (Number) 0L);
        }
        if (random.matches()) {
            String most = type == ElementType.BOOL ? "1" : "100";
            return random.group(1) == null ? range(type, type.real() ? "-1" : "0", type.real() ? "1" : most)
                    : range(type, random.group(1), random.group(2));
        }
        return value.endsWith(ARRAY_FILE) ? stored(type, shape, FilePath.of(value, "The array"))
                : new KernelArgument.Fill.Constant(number(type, value, true));
    }

    private KernelArgument.Fill range(ElementType type, String from, String to) {
        Number low = number(type, from, true);
        Number high = number(type, to, true);
        double width = high.doubleValue() - low.doubleValue();
        // Of whole numbers at most 2^63, so that their count is a long.
        boolean usable = type.real() ? width >= 0 && Double.isFinite(width)
                : high.longValue() - low.longValue() >= 0 && high.longValue() - low.longValue() < Long.MAX_VALUE
                && (type == ElementType.UINT64 ? Long.compareUnsigned(low.longValue(), high.longValue()) <= 0
                : low.longValue() <= high.longValue());
        if (!usable) {
            throw refused("the range " + from + ".." + to + " is empty or too wide.");
        }
        return new KernelArgument.Fill.Random(low, high);
    }

    private KernelArgument.Fill stored(ElementType type, List<Integer> shape, Path file) {
        NumberArray numbers = NumberArray.read(file);
        if (numbers.type() != type.stored()) {
            throw refused(file + " has numbers of " + numbers.type() + "; " + type + " is " + type.stored()
                    + (type == ElementType.BF16 ? ", its bits" : "") + ". Save it as that (a.astype('" + type.stored()
                    + "')).");
        }
        if (!numbers.shape().equals(shape)) {
            throw refused(file + " has the shape " + numbers.shape() + ", not " + shape + ".");
        }
        return new KernelArgument.Fill.Stored(file, numbers);
    }

    private Number number(ElementType type, String value, boolean array) {
        BigDecimal exact;
        try {
            exact = value.length() > 100 ? null : new BigDecimal(value);
        } catch (NumberFormatException none) {
            exact = null;
        }
        if (type.real()) {
            Double special = switch (value) {
                case "nan" -> Double.NaN;
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                default -> null;
            };
            if (special == null && exact == null) {
                throw refused(Names.quote(value) + " is no number" + (array ? ", nor random, zeros or a file.npy" : "")
                        + ".");
            }
            double nearest = special != null ? special : exact.doubleValue();
            ByteBuffer held = ByteBuffer.allocate(Double.BYTES);
            type.put(held, nearest);
            if (special == null && Double.isInfinite(type.value(held, 0))) {
                throw refused(Names.quote(value) + " is beyond " + type + ".");
            }
            return nearest;
        }
        BigInteger whole = whole(exact);
        if (whole == null || whole.compareTo(type.least()) < 0 || whole.compareTo(type.most()) > 0) {
            throw refused(Names.quote(value) + " is no " + type + "; whole numbers from " + type.least() + " to "
                    + type.most() + " are" + (array ? ", random, zeros and a file.npy" : "") + ".");
        }
        return whole.longValue();
    }

    private static BigInteger whole(BigDecimal exact) {
        try {
            return exact == null || Math.abs((long) exact.scale()) > 100 ? null : exact.toBigIntegerExact();
        } catch (ArithmeticException fraction) {
            return null;
        }
    }
}
