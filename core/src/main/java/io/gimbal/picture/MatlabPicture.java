package io.gimbal.picture;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** An array of a MATLAB file as pixels: [height, width] or [height, width, channels], column by column. */
final class MatlabPicture extends PictureFile {
    private final MatlabArray.Numbers numbers;
    private final boolean channelsFirst;

    MatlabPicture(Path path, byte[] bytes, ArrayChoice choice) {
        super(path);
        MatlabFile file = new MatlabFile(path, bytes);
        String name = choice.name();
        if (name == null && file.names().size() != 1) {
            throw new UserException(path + ": this file holds " + (file.names().isEmpty() ? "no array"
                    : Names.list(file.names()) + ", and which one is meant is not known. Name it with 'array'."));
        }
        String chosen = name == null ? file.names().getFirst() : name;
        channelsFirst = choice.channelsFirst();
        if (!(file.array(chosen) instanceof MatlabArray.Numbers found)) {
            throw refused(Names.quote(chosen) + " holds no plain numbers, but " + kind(file.array(chosen)) + ".");
        }
        numbers = found;
        type = numbers.type();
        bits = Byte.SIZE * type.bytes();
        shape(chosen, numbers.shape());
    }

    private static String kind(MatlabArray array) {
        return switch (array) {
            case MatlabArray.Numbers numbers -> "numbers";
            case MatlabArray.Text text -> "letters";
            case MatlabArray.Cells cells -> "cells";
            case MatlabArray.Structs structs -> "structs";
            case MatlabArray.Other other -> other.kind();
        };
    }

    private void shape(String name, List<Integer> shape) {
        boolean flat = shape.size() == 2;
        if (!flat && shape.size() != 3 || shape.contains(0)) {
            throw refused(Names.quote(name) + " has the shape " + shape + "; one of [height, width] or "
                    + (channelsFirst ? "[channels, height, width]" : "[height, width, channels]")
                    + ", none of them 0, is read.");
        }
        boolean first = !flat && channelsFirst;
        height = shape.get(first ? 1 : 0);
        width = shape.get(first ? 2 : 1);
        channels = flat ? 1 : shape.get(first ? 0 : 2);
    }

    @Override
    Samples unpack() {
        ByteBuffer data = numbers.kept() == type ? numbers.bytes() : widened();
        return channelsFirst && numbers.shape().size() == 3
                ? new Samples(type, data, height, width, channels, 0, channels, channels * height, 1)
                : new Samples(type, data, height, width, channels, 0, 1, height, height * width);
    }

    /** What a number is decides what it means, not in how many bytes MATLAB kept it. */
    private ByteBuffer widened() {
        ByteBuffer wide = ByteBuffer.allocate(numbers.count() * type.bytes()).order(numbers.bytes().order());
        for (int i = 0; i < numbers.count(); i++) {
            switch (type) {
                case FLOAT_64 -> wide.putDouble(numbers.at(i));
                case FLOAT_32 -> wide.putFloat((float) numbers.at(i));
                case SIGNED_64, UNSIGNED_64 -> wide.putLong(whole(i));
                case SIGNED_32, UNSIGNED_32 -> wide.putInt((int) whole(i));
                case SIGNED_16, UNSIGNED_16 -> wide.putShort((short) whole(i));
                default -> wide.put((byte) whole(i));
            }
        }
        return wide;
    }

    private long whole(int index) {
        long value = numbers.kept().whole(numbers.bytes(), index);
        if (numbers.kept().signed() != type.signed() && value < 0) {
            throw damaged("a number of type " + type + " is kept as the " + numbers.kept() + " " + value, null);
        }
        return value;
    }
}
