package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What was done to the numbers of a row before they were packed, undone. */
final class TiffPredictor {
    private static final int DIFFERENCES = 2;
    private static final int BYTE_PLANES = 3;

    private TiffPredictor() { }

    /**
     * @param predictor 1 nothing; 2 a number less the one a pixel before; 3 the same of bytes, all first bytes of a row
     *                  before all second ones, the most significant first
     * @param numbers   rows of {@code columns} pixels of {@code channels} numbers of {@code size} bytes
     */
    static void restore(int predictor, ByteBuffer numbers, int columns, int channels, int size) {
        int rowBytes = columns * channels * size;
        for (int start = 0; start < numbers.limit(); start += rowBytes) {
            if (predictor == DIFFERENCES) {
                add(numbers, start, start + rowBytes, channels, size);
            } else if (predictor == BYTE_PLANES) {
                add(numbers, start, start + rowBytes, channels, 1);
                join(numbers, start, rowBytes, size);
            }
        }
    }

    private static void add(ByteBuffer numbers, int start, int end, int channels, int size) {
        int back = channels * size;
        for (int at = start + back; at < end; at += size) {
            switch (size) {
                case 1 -> numbers.put(at, (byte) (numbers.get(at) + numbers.get(at - back)));
                case 2 -> numbers.putShort(at, (short) (numbers.getShort(at) + numbers.getShort(at - back)));
                case 4 -> numbers.putInt(at, numbers.getInt(at) + numbers.getInt(at - back));
                default -> numbers.putLong(at, numbers.getLong(at) + numbers.getLong(at - back));
            }
        }
    }

    private static void join(ByteBuffer numbers, int start, int rowBytes, int size) {
        byte[] planes = new byte[rowBytes];
        numbers.get(start, planes);
        int count = rowBytes / size;
        boolean little = numbers.order() == ByteOrder.LITTLE_ENDIAN;
        for (int i = 0; i < count; i++) {
            for (int plane = 0; plane < size; plane++) {
                numbers.put(start + i * size + (little ? size - 1 - plane : plane), planes[plane * count + i]);
            }
        }
    }
}
