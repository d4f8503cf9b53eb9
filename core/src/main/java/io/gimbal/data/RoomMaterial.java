package io.gimbal.data;

/**
 * The colour of a surface, place by place: a pattern in two colours. Colours are linear light, 0 to 1. Not thread-safe:
 * it remembers where it was asked for last.
 */
final class RoomMaterial {
    private final Pattern pattern;
    private final float[] first;
    private final float[] second;
    private final float period;
    private final float glow;
    private final int seed;
    /** The cell of the noise that was asked for last, and what the noise is in its corners: mostly it is the next. */
    private int cellI;
    private int cellJ;
    private float corner;
    private float cornerRight;
    private float cornerUp;
    private float cornerFar;

    /**
     * A material.
     *
     * @param pattern how the two colours are laid out
     * @param first   red, green, blue
     * @param second  red, green, blue
     * @param period  metres from one repetition to the next
     * @param glow    how much light it gives by itself, as a multiple of its colour; 0 for most
     * @param seed    what the pattern's randomness hangs on
     */
    RoomMaterial(Pattern pattern, float[] first, float[] second, float period, float glow, int seed) {
        this.pattern = pattern;
        this.first = first;
        this.second = second;
        this.period = period;
        this.glow = glow;
        this.seed = seed;
        enter(0, 0);
    }

    /** How two colours are laid out on a face. */
    enum Pattern { PLAIN, FABRIC, STRIPES, CHECKS, PLANKS, TILES, DOTS, PICTURE, BOOKS, PANES, DRAWERS, SCREEN, CURTAIN,
            LEAVES, BRICKS }

    static RoomMaterial plain(float[] colour) {
        return new RoomMaterial(Pattern.PLAIN, colour, colour, 1, 0, 0);
    }

    Pattern pattern() {
        return pattern;
    }

    float[] first() {
        return first;
    }

    float[] second() {
        return second;
    }

    float glow() {
        return glow;
    }

    /** Whether it has colours of its own in places, besides those between the two: {@link #colour} has them. */
    boolean isPainting() {
        return switch (pattern) {
            case BOOKS, PICTURE, PANES, SCREEN -> true;
            default -> false;
        };
    }

    /**
     * How far from the first to the second of its colours places are, where it is no {@linkplain #isPainting painting}.
     *
     * @param places where they are
     * @param halfU  half the face's size along u, for patterns that fill a face; likewise halfV
     * @param mixes  takes them
     */
    void mix(Places places, float halfU, float halfV, float[] mixes) {
        float[] u = places.u;
        float[] v = places.v;
        float[] footprint = places.footprint;
        int count = places.count;
        switch (pattern) {
            case PLAIN -> {
                places.scale(3, 3);
                noise(places, mixes);
                for (int i = 0; i < count; i++) {
                    mixes[i] = 0.1f * mixes[i];
                }
            }
            case FABRIC -> {
                places.divide(period);
                noise(places, mixes);
                for (int i = 0; i < count; i++) {
                    mixes[i] = fade(footprint[i], 0.02f, 0.5f, hash(cell(u[i], 0.012f), cell(v[i], 0.012f))) * 0.6f
                            + 0.4f * mixes[i];
                }
            }
            case LEAVES -> {
                places.divide(period);
                noise(places, mixes);
            }
            case STRIPES -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = fade(footprint[i], period, 0.5f, (cell(u[i], period * 0.5f) & 1));
                }
            }
            case CHECKS -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = fade(footprint[i], period, 0.5f,
                            ((cell(u[i], period * 0.5f) + cell(v[i], period * 0.5f)) & 1));
                }
            }
            case PLANKS -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = planks(u[i], v[i], footprint[i]);
                }
            }
            case TILES -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = tiles(u[i], v[i], footprint[i]);
                }
            }
            case DOTS -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = dots(u[i], v[i], footprint[i]);
                }
            }
            case BRICKS -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = bricks(u[i], v[i], footprint[i]);
                }
            }
            case DRAWERS -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = drawers(u[i], v[i], halfU, halfV);
                }
            }
            case CURTAIN -> {
                for (int i = 0; i < count; i++) {
                    mixes[i] = 0.5f + 0.5f * wave(u[i] / period + 0.3f * noise(u[i] * 2, v[i]));
                }
            }
            default -> throw new IllegalStateException(pattern.toString());
        }
    }

    /** Places on a face, and room for those scaled. Used for one face after another. */
    static final class Places {
        /** How many at most. */
        static final int MOST = 512;
        /** Metres from the middle of the face, along. */
        final float[] u = new float[MOST];
        /** Metres from the middle of the face, up or away. */
        final float[] v = new float[MOST];
        /** Metres that a pixel covers there: finer patterns fade to their mean. */
        final float[] footprint = new float[MOST];
        int count;
        private final float[] scaledU = new float[MOST];
        private final float[] scaledV = new float[MOST];

        private void scale(float factorU, float factorV) {
            for (int i = 0; i < count; i++) {
                scaledU[i] = u[i] * factorU;
                scaledV[i] = v[i] * factorV;
            }
        }

        private void divide(float divisor) {
            for (int i = 0; i < count; i++) {
                scaledU[i] = u[i] / divisor;
                scaledV[i] = v[i] / divisor;
            }
        }
    }

    /** Noise at scaled places. */
    private void noise(Places places, float[] noises) {
        float[] u = places.scaledU;
        float[] v = places.scaledV;
        for (int place = 0; place < places.count; place++) {
            int i = (int) Math.floor(u[place]);
            int j = (int) Math.floor(v[place]);
            float fu = u[place] - i;
            float fv = v[place] - j;
            fu = fu * fu * (3 - 2 * fu);
            fv = fv * fv * (3 - 2 * fv);
            float near = hash(i, j);
            float nearUp = hash(i, j + 1);
            float low = near + fu * (hash(i + 1, j) - near);
            float high = nearUp + fu * (hash(i + 1, j + 1) - nearUp);
            noises[place] = low + fv * (high - low);
        }
    }

    /**
     * The colour at a place of a painting.
     *
     * @param u     metres from the middle of the face, along
     * @param v     metres from the middle of the face, up or away
     * @param halfU half the face's size along u, for patterns that fill a face; likewise halfV
     * @param out   red, green, blue
     */
    void colour(float u, float v, float halfU, float halfV, float[] out) {
        System.arraycopy(first, 0, out, 0, 3);
        switch (pattern) {
            case BOOKS -> books(u, v, out);
            case PICTURE -> picture(u / halfU, v / halfV, halfU, halfV, out);
            case PANES -> panes(u, v, halfU, halfV, out);
            case SCREEN -> screen(u / halfU, v / halfV, out);
            default -> { }
        }
    }

    private float planks(float u, float v, float footprint) {
        int row = cell(v, period);
        float along = u + 3 * hash(row, 1);
        float tone = hash(row, cell(along, period * 9));
        float grain = noise(along * 4, v * 60);
        float edge = Math.abs(v / period - row - 0.5f) > 0.47f ? 0.6f : 0;
        return fade(footprint, period, 0.45f, 0.55f * tone + 0.35f * grain + edge);
    }

    private float tiles(float u, float v, float footprint) {
        int column = cell(u, period);
        int row = cell(v, period);
        boolean joint = Math.abs(u / period - column - 0.5f) > 0.47f || Math.abs(v / period - row - 0.5f) > 0.47f;
        return fade(footprint, period * 0.5f, 0.2f, joint ? 1 : 0.25f * hash(column, row));
    }

    private float bricks(float u, float v, float footprint) {
        int row = cell(v, period * 0.4f);
        float shifted = u + (row & 1) * period * 0.5f;
        int column = cell(shifted, period);
        boolean joint = Math.abs(shifted / period - column - 0.5f) > 0.46f || Math.abs(v / (period * 0.4f) - row
                - 0.5f) > 0.42f;
        return fade(footprint, period * 0.5f, 0.3f, joint ? 1 : 0.4f * hash(column, row));
    }

    private float dots(float u, float v, float footprint) {
        float du = u / period - cell(u, period) - 0.5f;
        float dv = v / period - cell(v, period) - 0.5f;
        return fade(footprint, period, 0.2f, du * du + dv * dv < 0.07f ? 1 : 0);
    }

    /** Doors or drawers: dark joints every period, a knob in each. */
    private float drawers(float u, float v, float halfU, float halfV) {
        boolean tall = halfV > halfU;
        float step = tall ? halfU : period;
        float place = tall ? u : v + halfV;
        float offset = place / step - (float) Math.floor(place / step);
        float joint = 0.012f / step;
        boolean dark = offset < joint || offset > 1 - joint;
        float knobU = tall ? Math.abs(Math.abs(u) - 0.05f) : Math.abs(u);
        float knobV = tall ? Math.abs(v) * 0.3f : Math.abs(offset - 0.5f) * step * 2;
        boolean knob = knobU < (tall ? 0.015f : 0.06f) && knobV < 0.03f;
        return dark || knob ? 1 : 0.12f * noise(u * 5, v * 30);
    }

    private void books(float u, float v, float[] out) {
        int book = cell(u, period);
        float hue = hash(book, 3);
        float light = 0.15f + 0.75f * hash(book, 4);
        float band = Math.abs(v - 0.05f) < 0.012f || Math.abs(v + 0.06f) < 0.008f ? 0.5f : 1;
        float edge = Math.abs(u / period - book - 0.5f) > 0.44f ? 0.35f : band;
        float saturation = 0.25f + 0.5f * hash(book, 5);
        for (int c = 0; c < 3; c++) {
            float wheel = 0.5f + 0.5f * wave(hue + c / 3f);
            out[c] = edge * light * (1 - saturation + saturation * wheel);
        }
    }

    /** A frame round a small painting: sky and ground, or patches, and a disc or two. */
    private void picture(float u, float v, float halfU, float halfV, float[] out) {
        float frameU = 1 - 0.05f / halfU;
        float frameV = 1 - 0.05f / halfV;
        if (Math.abs(u) > frameU || Math.abs(v) > frameV) {
            return;
        }
        float mat = 0.4f * hash(1, 2);
        if (Math.abs(u) > frameU - mat * 0.4f || Math.abs(v) > frameV - mat * 0.4f) {
            out[0] = out[1] = out[2] = 0.8f;
            return;
        }
        float horizon = -0.3f + 0.5f * hash(2, 2) + 0.25f * noise(u * 2, 3);
        int part = hash(3, 3) < 0.5f ? (v < horizon ? 1 : 0) : cell(u, 0.5f) * 3 + cell(v, 0.6f);
        float du = u - hash(5, 1) + 0.5f;
        float dv = (v - hash(5, 2) + 0.3f) * halfV / halfU;
        if (du * du + dv * dv < 0.08f) {
            part = 99;
        }
        for (int c = 0; c < 3; c++) {
            out[c] = hash(part, 10 + c) * (0.7f + 0.3f * noise(u * 4 + part, v * 4)) * (0.75f + 0.25f * v);
        }
    }

    /** Panes with sky above and trees or houses below, in a frame. */
    private void panes(float u, float v, float halfU, float halfV, float[] out) {
        float pane = halfU > 0.7f ? halfU * 2 / 3 : halfU;
        float across = Math.abs((u + halfU) / pane - Math.round((u + halfU) / pane)) * pane;
        boolean bar = across < 0.035f || halfV - Math.abs(v) < 0.06f || Math.abs(v - 0.3f * halfV) < 0.025f;
        if (bar) {
            return;
        }
        float skyline = halfV * (-0.5f + 0.7f * hash(4, 4)) + 0.5f * noise(u * 3, 1) - 0.25f;
        float sky = hash(9, 9);
        if (v > skyline) {
            out[0] = 1.3f + 0.5f * sky;
            out[1] = 1.5f + 0.4f * sky;
            out[2] = 1.9f;
        } else {
            float leaf = noise(u * 9, v * 9);
            out[0] = 0.25f + 0.35f * leaf;
            out[1] = 0.4f + 0.5f * leaf;
            out[2] = 0.22f + 0.25f * leaf;
        }
    }

    private void screen(float u, float v, float[] out) {
        if (Math.abs(u) > 0.95f || Math.abs(v) > 0.92f || hash(1, 1) < 0.6f) {
            // A dark screen mirrors a little of the light above.
            float shine = 0.012f + 0.03f * Math.max(0, v + u * 0.3f);
            out[0] = out[1] = out[2] = shine;
            return;
        }
        int part = cell(u + noise(v, 2) * 0.3f, 0.7f) * 5 + cell(v, 0.9f);
        for (int c = 0; c < 3; c++) {
            out[c] = 0.1f + 0.8f * hash(part, 20 + c);
        }
    }

    private static float fade(float footprint, float size, float mean, float value) {
        float keep = Math.clamp(1.5f - footprint * 1.5f / size, 0f, 1f);
        return mean + keep * (value - mean);
    }

    private static int cell(float place, float size) {
        return (int) Math.floor(place / size);
    }

    /** A smooth wave of period 1 in [-1, 1], of arithmetic alone so that it is the same everywhere. */
    private static float wave(float phase) {
        float part = phase - (float) Math.floor(phase);
        float triangle = 4 * Math.abs(part - 0.5f) - 1;
        return triangle * (1.5f - 0.5f * triangle * triangle);
    }

    /** In [0, 1). */
    private float hash(int i, int j) {
        int mixed = (i * 0x9E3779B1) ^ (j * 0x85EBCA77) ^ seed;
        mixed = (mixed ^ (mixed >>> 15)) * 0x2C1B3C6D;
        mixed = (mixed ^ (mixed >>> 12)) * 0x297A2D39;
        return ((mixed ^ (mixed >>> 15)) >>> 8) * 0x1p-24f;
    }

    /** Smooth in both places, in [0, 1]. */
    private float noise(float u, float v) {
        int i = (int) Math.floor(u);
        int j = (int) Math.floor(v);
        float fu = u - i;
        float fv = v - j;
        fu = fu * fu * (3 - 2 * fu);
        fv = fv * fv * (3 - 2 * fv);
        if (i != cellI || j != cellJ) {
            enter(i, j);
        }
        float low = corner + fu * (cornerRight - corner);
        float high = cornerUp + fu * (cornerFar - cornerUp);
        return low + fv * (high - low);
    }

    private void enter(int i, int j) {
        cellI = i;
        cellJ = j;
        corner = hash(i, j);
        cornerRight = hash(i + 1, j);
        cornerUp = hash(i, j + 1);
        cornerFar = hash(i + 1, j + 1);
    }
}
