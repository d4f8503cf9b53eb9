package io.gimbal.data;

/** Colours and materials as rooms have them, drawn at random. */
final class RoomColours {
    private final Randomness random;

    RoomColours(Randomness random) {
        this.random = random;
    }

    /** Any hue, with saturation and value from the ranges. */
    float[] any(float lowSaturation, float highSaturation, float lowValue, float highValue) {
        return hue(random.nextFloat(), random.between(lowSaturation, highSaturation), random.between(lowValue,
                highValue));
    }

    static float[] hue(float hue, float saturation, float value) {
        float[] colour = new float[3];
        for (int c = 0; c < 3; c++) {
            float place = hue + (3 - c) / 3f;
            float wheel = Math.clamp(Math.abs((place - (float) Math.floor(place)) * 6 - 3) - 1, 0f, 1f);
            colour[c] = value * (1 - saturation + saturation * wheel);
        }
        return colour;
    }

    static float[] scaled(float[] colour, float factor) {
        return new float[] {colour[0] * factor, colour[1] * factor, colour[2] * factor};
    }

    /** Browns, from pale birch to dark walnut. */
    float[] woodColour() {
        return hue(random.between(0.05f, 0.1f), random.between(0.35f, 0.7f), random.between(0.12f, 0.65f));
    }

    RoomMaterial wood() {
        float[] colour = woodColour();
        return material(RoomMaterial.Pattern.PLANKS, colour, scaled(colour, 0.7f), random.between(0.15f, 0.5f));
    }

    /** What tables, beds and shelves are made of: mostly wood, else paint. */
    RoomMaterial furniture() {
        if (random.chance(0.6f)) {
            return wood();
        }
        return RoomMaterial.plain(random.chance(0.5f) ? any(0, 0.1f, 0.55f, 0.85f) : any(0.1f, 0.6f, 0.06f, 0.5f));
    }

    /** Fronts with doors or drawers. */
    RoomMaterial fronts() {
        float[] colour = random.chance(0.55f) ? woodColour() : any(0, 0.3f, 0.2f, 0.85f);
        return material(RoomMaterial.Pattern.DRAWERS, colour, scaled(colour, 0.3f), random.between(0.18f, 0.4f));
    }

    RoomMaterial cloth() {
        float[] colour = random.chance(0.4f) ? any(0, 0.2f, 0.1f, 0.8f) : any(0.2f, 0.8f, 0.1f, 0.7f);
        float[] other = random.chance(0.5f) ? scaled(colour, 0.6f) : any(0, 0.6f, 0.2f, 0.8f);
        return switch (random.below(7)) {
            case 0 -> material(RoomMaterial.Pattern.STRIPES, colour, other, random.between(0.06f, 0.3f));
            case 1 -> material(RoomMaterial.Pattern.CHECKS, colour, other, random.between(0.08f, 0.3f));
            case 2 -> material(RoomMaterial.Pattern.DOTS, colour, other, random.between(0.06f, 0.2f));
            default -> material(RoomMaterial.Pattern.FABRIC, colour, scaled(colour, 0.65f), random.between(0.1f, 0.4f));
        };
    }

    RoomMaterial wall() {
        float[] colour = random.chance(0.55f) ? any(0, 0.12f, 0.55f, 0.85f) : any(0.1f, 0.45f, 0.35f, 0.75f);
        return switch (random.below(9)) {
            case 0 -> material(RoomMaterial.Pattern.STRIPES, colour, scaled(colour, 0.85f), random.between(0.1f, 0.5f));
            case 1 -> material(RoomMaterial.Pattern.BRICKS, any(0.2f, 0.6f, 0.3f, 0.6f), any(0, 0.1f, 0.5f, 0.8f),
                    random.between(0.2f, 0.35f));
            case 2 -> material(RoomMaterial.Pattern.TILES, colour, scaled(colour, 0.75f), random.between(0.15f, 0.4f));
            case 3 -> material(RoomMaterial.Pattern.DOTS, colour, scaled(colour, 0.8f), random.between(0.1f, 0.25f));
            default -> RoomMaterial.plain(colour);
        };
    }

    RoomMaterial floor() {
        float[] grey = any(0, 0.15f, 0.25f, 0.75f);
        return switch (random.below(6)) {
            case 0, 1, 2 -> wood();
            case 3 -> material(RoomMaterial.Pattern.TILES, grey, scaled(grey, 0.6f), random.between(0.2f, 0.6f));
            case 4 -> material(RoomMaterial.Pattern.CHECKS, grey, scaled(grey, 0.5f), random.between(0.4f, 1f));
            default -> {
                float[] carpet = any(0.05f, 0.5f, 0.15f, 0.6f);
                yield material(RoomMaterial.Pattern.FABRIC, carpet, scaled(carpet, 0.7f), random.between(0.1f, 0.5f));
            }
        };
    }

    RoomMaterial material(RoomMaterial.Pattern pattern, float[] first, float[] second, float period) {
        return new RoomMaterial(pattern, first, second, period, 0, (int) random.nextLong());
    }
}
