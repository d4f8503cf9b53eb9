package io.gimbal.engine;

import io.gimbal.graph.Parameter;
import io.gimbal.graph.operation.Convolution;

/**
 * A parameter in a layout: where it lies in the flat buffers, in words, with as many output and input channels as it
 * has there. Convolution filters are out, in, height, width in files and out, height, width, in on the device; all
 * others lie alike in both. Values of added channels are zero and stay so, since what they meet is zero.
 */
record PlacedParameter(Parameter parameter, long offset, int outs, int ins) {
    /** Values on the device. */
    int count() {
        return spots() * outs * ins;
    }

    private int spots() {
        return parameter.count() / (parameter.outs() * parameter.ins());
    }

    /** Puts values in the files' order where they belong in a flat buffer, whose padding is zero. */
    void putInto(float[] flat, float[] file) {
        eachValue((inFile, inBuffer) -> flat[inBuffer] = file[inFile]);
    }

    /** The values of a flat buffer in the files' order. */
    float[] takenFrom(float[] flat) {
        float[] file = new float[parameter.count()];
        eachValue((inFile, inBuffer) -> file[inFile] = flat[inBuffer]);
        return file;
    }

    private interface Places {
        void at(int inFile, int inBuffer);
    }

    private void eachValue(Places places) {
        int spots = spots();
        int from = Math.toIntExact(offset);
        for (int out = 0; out < parameter.outs(); out++) {
            for (int in = 0; in < parameter.ins(); in++) {
                for (int spot = 0; spot < spots; spot++) {
                    places.at((out * parameter.ins() + in) * spots + spot, from + (out * spots + spot) * ins
                            + in);
                }
            }
        }
    }
}
