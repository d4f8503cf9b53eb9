package io.gimbal.data;

import io.gimbal.data.RoomMaterial.Pattern;
import io.gimbal.data.RoomPlan.Place;
import io.gimbal.data.RoomShape.Kind;

/** Builds single pieces of furniture at a {@link Place}, out of boxes, cylinders and ellipsoids; sizes in metres. */
final class RoomFurniture {
    static final int BED = 0;
    static final int BOOKS = 1;
    static final int CEILING = 2;
    static final int CHAIR = 3;
    static final int FLOOR = 4;
    static final int FURNITURE = 5;
    static final int OBJECTS = 6;
    static final int PICTURE = 7;
    static final int SOFA = 8;
    static final int TABLE = 9;
    static final int TV = 10;
    static final int WALL = 11;
    static final int WINDOW = 12;

    private final Randomness random;
    private final RoomColours colours;

    RoomFurniture(Randomness random, RoomColours colours) {
        this.random = random;
        this.colours = colours;
    }

    void bed(Place place, float across, float deep) {
        RoomMaterial frame = colours.furniture();
        RoomMaterial blanket = colours.cloth();
        RoomMaterial sheet = RoomMaterial.plain(colours.any(0, 0.15f, 0.6f, 0.9f));
        float w = across / 2;
        float top = random.between(0.45f, 0.65f);
        place.box(frame, BED, -w, w, 0.05f, top - 0.22f, 0, deep);
        place.box(frame, BED, -w, w, 0, top + random.between(0.2f, 0.7f), 0, 0.06f);
        if (random.chance(0.3f)) {
            place.box(frame, BED, -w, w, 0, top + 0.1f, deep - 0.05f, deep);
        }
        place.box(sheet, BED, -w + 0.03f, w - 0.03f, top - 0.22f, top - 0.03f, 0.06f, deep - 0.05f);
        float fold = random.between(0.5f, 0.9f);
        place.box(blanket, BED, -w - 0.01f, w + 0.01f, top - 0.3f, top, fold, deep - 0.04f);
        int pillows = across > 1.2f ? 2 : 1;
        RoomMaterial pillow = random.chance(0.5f) ? sheet : colours.cloth();
        for (int i = 0; i < pillows; i++) {
            float middle = pillows == 1 ? 0 : (i - 0.5f) * across * 0.48f;
            place.ellipsoid(pillow, OBJECTS, middle - 0.3f, middle + 0.3f, top - 0.08f, top + 0.1f, 0.12f, 0.5f);
        }
    }

    void sofa(Place place, float across, float deep) {
        RoomMaterial cloth = colours.cloth();
        RoomMaterial cushions = random.chance(0.7f) ? cloth : colours.cloth();
        float w = across / 2;
        float seat = random.between(0.38f, 0.48f);
        float back = seat + random.between(0.3f, 0.5f);
        float arm = random.between(0.12f, 0.25f);
        place.box(cloth, SOFA, -w, w, 0.06f, seat - 0.12f, 0.02f, deep - 0.03f);
        place.box(cloth, SOFA, -w + 0.02f, w - 0.02f, 0.06f, back, 0.02f, 0.24f);
        boolean round = random.chance(0.4f);
        for (int side = -1; side <= 1; side += 2) {
            float inner = side * (w - arm);
            float outer = side * w;
            float low = Math.min(inner, outer);
            float high = Math.max(inner, outer);
            place.box(cloth, SOFA, low, high, 0.06f, seat + 0.14f, 0.02f, deep);
            if (round) {
                Place turned = place.at((low + high) / 2, 0, deep / 2, StrictMath.PI / 2);
                turned.add(Kind.LYING_CYLINDER, cloth, SOFA, -deep / 2, deep / 2, seat + 0.03f, seat + 0.25f, -arm
                        * 0.6f, arm * 0.6f);
            }
        }
        int seats = Math.max(1, Math.round((across - 2 * arm) / 0.65f));
        float each = (across - 2 * arm) / seats;
        for (int i = 0; i < seats; i++) {
            float from = -w + arm + i * each;
            place.box(cushions, SOFA, from + 0.01f, from + each - 0.01f, seat - 0.13f, seat, 0.2f, deep + 0.01f);
            place.box(cushions, SOFA, from + 0.02f, from + each - 0.02f, seat, back + 0.05f, 0.16f, 0.36f);
        }
        for (int i = random.below(3); i > 0; i--) {
            float middle = random.between(-w + arm + 0.2f, w - arm - 0.2f);
            place.ellipsoid(colours.cloth(), OBJECTS, middle - 0.2f, middle + 0.2f, seat, seat + 0.38f, 0.32f, 0.52f);
        }
    }

    void armchair(Place place) {
        RoomMaterial cloth = colours.cloth();
        place.box(cloth, CHAIR, -0.4f, 0.4f, 0.08f, 0.42f, 0.05f, 0.75f);
        place.box(cloth, CHAIR, -0.4f, 0.4f, 0.08f, random.between(0.85f, 1.1f), 0.02f, 0.22f);
        place.box(cloth, CHAIR, -0.42f, -0.28f, 0.08f, 0.6f, 0.03f, 0.78f);
        place.box(cloth, CHAIR, 0.28f, 0.42f, 0.08f, 0.6f, 0.03f, 0.78f);
    }

    void chair(Place place) {
        RoomMaterial frame = colours.furniture();
        RoomMaterial seat = random.chance(0.5f) ? colours.cloth() : frame;
        float high = random.between(0.42f, 0.5f);
        float back = random.between(0.8f, 1.05f);
        if (random.chance(0.25f)) {
            officeChair(place, seat);
            return;
        }
        place.box(seat, CHAIR, -0.22f, 0.22f, high - 0.05f, high, 0.02f, 0.46f);
        for (int leg = 0; leg < 4; leg++) {
            float lx = leg % 2 == 0 ? -0.19f : 0.19f;
            float lz = leg < 2 ? 0.04f : 0.42f;
            place.box(frame, CHAIR, lx - 0.02f, lx + 0.02f, 0, leg < 2 ? back : high - 0.05f, lz - 0.02f, lz + 0.02f);
        }
        if (random.chance(0.6f)) {
            place.box(seat, CHAIR, -0.2f, 0.2f, high + 0.12f, back, 0.02f, 0.06f);
        } else {
            place.box(frame, CHAIR, -0.2f, 0.2f, back - 0.1f, back, 0.02f, 0.06f);
            place.box(frame, CHAIR, -0.2f, 0.2f, back - 0.28f, back - 0.2f, 0.02f, 0.06f);
        }
    }

    private void officeChair(Place place, RoomMaterial seat) {
        RoomMaterial dark = RoomMaterial.plain(new float[] {0.04f, 0.04f, 0.045f});
        place.cylinder(dark, CHAIR, 0, 0.27f, 0.26f, 0.02f, 0.08f);
        place.cylinder(dark, CHAIR, 0, 0.27f, 0.03f, 0.08f, 0.42f);
        place.box(seat, CHAIR, -0.25f, 0.25f, 0.42f, 0.5f, 0.03f, 0.52f);
        place.box(seat, CHAIR, -0.23f, 0.23f, 0.58f, 1.05f, 0, 0.07f);
        place.box(dark, CHAIR, -0.03f, 0.03f, 0.45f, 0.6f, 0, 0.05f);
        place.box(dark, CHAIR, -0.3f, -0.26f, 0.66f, 0.7f, 0.08f, 0.4f);
        place.box(dark, CHAIR, 0.26f, 0.3f, 0.66f, 0.7f, 0.08f, 0.4f);
    }

    void stool(Place place) {
        RoomMaterial cloth = colours.cloth();
        float radius = random.between(0.17f, 0.25f);
        place.cylinder(cloth, CHAIR, 0, 0.25f, radius, random.chance(0.5f) ? 0.02f : 0.35f, 0.45f);
        place.cylinder(colours.furniture(), CHAIR, 0, 0.25f, 0.05f, 0, 0.36f);
    }

    /** A table with four legs, and what lies on it. */
    void table(Place place, float across, float deep, float high, int things) {
        RoomMaterial wood = colours.furniture();
        float w = across / 2;
        place.box(wood, TABLE, -w, w, high - 0.04f, high, 0, deep);
        float leg = random.between(0.025f, 0.045f);
        for (int i = 0; i < 4; i++) {
            float lx = (i % 2 == 0 ? -1 : 1) * (w - leg - 0.03f);
            float lz = i < 2 ? leg + 0.03f : deep - leg - 0.03f;
            place.box(wood, TABLE, lx - leg, lx + leg, 0, high - 0.04f, lz - leg, lz + leg);
        }
        if (high > 0.6f && random.chance(0.5f)) {
            place.box(wood, TABLE, -w + 0.05f, w - 0.05f, high - 0.14f, high - 0.04f, 0.05f, deep - 0.05f);
        }
        scatter(place, -w + 0.12f, w - 0.12f, high, 0.12f, deep - 0.12f, things);
    }

    void roundTable(Place place, float radius, float high, int things) {
        RoomMaterial wood = colours.furniture();
        place.cylinder(wood, TABLE, 0, radius, radius, high - 0.04f, high);
        place.cylinder(wood, TABLE, 0, radius, 0.05f, 0.04f, high - 0.04f);
        place.cylinder(wood, TABLE, 0, radius, radius * 0.5f, 0, 0.04f);
        float reach = radius * 0.6f;
        scatter(place, -reach, reach, high, radius - reach, radius + reach, things);
    }

    /** A desk by the wall with a screen and drawers. */
    void desk(Place place, float across, float deep) {
        float high = random.between(0.7f, 0.76f);
        table(place, across, deep, high, 1 + random.below(3));
        float w = across / 2;
        if (random.chance(0.7f)) {
            float from = random.chance(0.5f) ? -w + 0.05f : w - 0.45f;
            place.box(colours.fronts(), FURNITURE, from, from + 0.4f, 0.03f, high - 0.06f, 0.05f, deep - 0.05f);
        }
        if (random.chance(0.75f)) {
            float middle = random.between(-w + 0.35f, w - 0.35f);
            screen(place.at(middle, high, 0.18f, random.between(-0.3f, 0.3f)), random.between(0.22f, 0.36f));
            place.box(RoomMaterial.plain(colours.any(0, 0.1f, 0.05f, 0.7f)), OBJECTS, middle - 0.2f, middle + 0.2f,
                    high,
                    high + 0.025f, deep - 0.3f, deep - 0.14f);
        }
    }

    /** A television or monitor on a foot. */
    void screen(Place place, float half) {
        RoomMaterial dark = RoomMaterial.plain(new float[] {0.03f, 0.03f, 0.033f});
        RoomMaterial face = new RoomMaterial(Pattern.SCREEN, dark.first(), dark.first(), 1, random.chance(0.4f) ? 1.2f
                : 0.3f,
                (int) random.nextLong());
        place.box(dark, TV, -half * 0.4f, half * 0.4f, 0, 0.02f, -0.08f, 0.1f);
        place.box(dark, TV, -0.04f, 0.04f, 0, 0.12f, -0.03f, 0);
        place.box(face, TV, -half, half, 0.08f, 0.08f + half * 1.18f, 0, 0.05f);
    }

    void cabinet(Place place, float across, float deep, float high, int things) {
        float w = across / 2;
        place.box(colours.fronts(), FURNITURE, -w, w, random.chance(0.5f) ? 0.08f : 0, high, 0.01f, deep);
        place.box(colours.furniture(), FURNITURE, -w - 0.01f, w + 0.01f, high, high + 0.025f, 0, deep + 0.015f);
        scatter(place, -w + 0.1f, w - 0.1f, high + 0.025f, 0.1f, deep - 0.08f, things);
    }

    void wardrobe(Place place, float across, float deep, float high) {
        float w = across / 2;
        place.box(colours.fronts(), FURNITURE, -w, w, 0, high, 0.01f, deep);
        if (random.chance(0.4f)) {
            place.box(RoomMaterial.plain(colours.any(0.1f, 0.5f, 0.3f, 0.7f)), OBJECTS, -w * 0.6f, w * 0.2f, high, high
                    + 0.2f, 0.1f,
                    deep - 0.1f);
        }
    }

    /** Open shelves with rows of books and a few things. */
    void shelves(Place place, float across, float deep, float high) {
        RoomMaterial wood = colours.furniture();
        float w = across / 2;
        place.box(wood, FURNITURE, -w, w, 0, high, 0.01f, 0.03f);
        place.box(wood, FURNITURE, -w, -w + 0.03f, 0, high, 0.01f, deep);
        place.box(wood, FURNITURE, w - 0.03f, w, 0, high, 0.01f, deep);
        int boards = Math.max(2, Math.round(high / 0.36f));
        float step = (high - 0.06f) / boards;
        for (int i = 0; i <= boards; i++) {
            float y = 0.03f + i * step;
            place.box(wood, FURNITURE, -w, w, y, y + 0.03f, 0.01f, deep);
            if (i < boards) {
                fillShelf(place, -w + 0.04f, w - 0.04f, y + 0.03f, step - 0.05f, deep);
            }
        }
    }

    private void fillShelf(Place place, float from, float to, float y, float room, float deep) {
        float x = from;
        while (x < to - 0.12f) {
            float run = Math.min(to - x, random.between(0.15f, 0.5f));
            if (random.chance(0.72f)) {
                float tall = room * random.between(0.65f, 0.95f);
                place.box(books(), BOOKS, x, x + run, y, y + tall, 0.04f, deep - random.between(0.02f, 0.06f));
            } else if (random.chance(0.5f)) {
                thing(place.at(x + run / 2, y, deep / 2, 0), Math.min(room, 0.25f), Math.min(run, deep) * 0.4f);
            }
            x += run + 0.01f;
        }
    }

    private RoomMaterial books() {
        return colours.material(Pattern.BOOKS, new float[3], new float[3], random.between(0.025f, 0.05f));
    }

    /** Puts small things on a surface at that height. */
    private void scatter(Place place, float x0, float x1, float y, float z0, float z1, int things) {
        for (int i = 0; i < things && x1 > x0 && z1 > z0; i++) {
            Place spot = place.at(random.between(x0, x1), y, random.between(z0, z1), random.between(0, 6.28f));
            if (random.chance(0.25f)) {
                int pile = 1 + random.below(4);
                for (int book = 0; book < pile; book++) {
                    RoomMaterial cover = RoomMaterial.plain(colours.any(0.2f, 0.8f, 0.1f, 0.7f));
                    spot.at(0, book * 0.03f, 0, random.between(-0.3f, 0.3f))
                            .box(cover, BOOKS, -0.1f, 0.1f, 0, 0.03f, -0.14f, 0.14f);
                }
            } else {
                thing(spot, 0.35f, 0.12f);
            }
        }
    }

    /** Some small object. */
    void thing(Place place, float tallest, float reach) {
        RoomMaterial paint = RoomMaterial.plain(colours.any(0, 0.85f, 0.1f, 0.85f));
        float tall = tallest * random.between(0.4f, 1);
        float wide = reach * random.between(0.5f, 1);
        switch (random.below(5)) {
            case 0 -> place.box(paint, OBJECTS, -wide, wide, 0, tall * 0.7f, -wide * 0.7f, wide * 0.7f);
            case 1 -> place.cylinder(paint, OBJECTS, 0, 0, wide * 0.6f, 0, tall);
            case 2 -> place.ellipsoid(paint, OBJECTS, -wide, wide, 0, Math.min(tall, 1.6f * wide), -wide, wide);
            case 3 -> {
                place.cylinder(paint, OBJECTS, 0, 0, wide * 0.25f, 0, tall * 0.5f);
                RoomMaterial shade = new RoomMaterial(Pattern.PLAIN, colours.any(0, 0.3f, 0.7f, 0.95f),
                        new float[] {1, 0.9f, 0.7f}, 1,
                        random.chance(0.5f) ? 0.9f : 0, 0);
                place.cylinder(shade, OBJECTS, 0, 0, wide * 0.8f, tall * 0.5f, tall);
            }
            default -> {
                place.cylinder(paint, OBJECTS, 0, 0, wide * 0.5f, 0, tall * 0.45f);
                place.ellipsoid(leaves(), OBJECTS, -wide, wide, tall * 0.35f, tall, -wide, wide);
            }
        }
    }

    private RoomMaterial leaves() {
        float[] green = RoomColours.hue(random.between(0.22f, 0.38f), random.between(0.5f, 0.8f),
                random.between(0.15f, 0.5f));
        return colours.material(Pattern.LEAVES, RoomColours.scaled(green, 0.3f), green, 0.05f);
    }

    void plant(Place place) {
        float high = random.between(0.7f, 1.6f);
        place.cylinder(RoomMaterial.plain(colours.any(0.1f, 0.7f, 0.2f, 0.7f)), OBJECTS, 0, 0.25f, 0.15f, 0, 0.3f);
        place.cylinder(RoomMaterial.plain(new float[] {0.15f, 0.1f, 0.05f}), OBJECTS, 0, 0.25f, 0.02f, 0.3f, high
                - 0.2f);
        RoomMaterial leaves = leaves();
        for (int i = 0; i < 4; i++) {
            float x = random.between(-0.15f, 0.15f);
            float y = high * random.between(0.6f, 1);
            float z = random.between(0.1f, 0.4f);
            float size = random.between(0.12f, 0.24f);
            place.ellipsoid(leaves, OBJECTS, x - size, x + size, y - size, y + size, z - size, z + size);
        }
    }

    void floorLamp(Place place) {
        RoomMaterial metal = RoomMaterial.plain(colours.any(0, 0.3f, 0.05f, 0.6f));
        float high = random.between(1.3f, 1.8f);
        place.cylinder(metal, OBJECTS, 0, 0.2f, 0.15f, 0, 0.03f);
        place.cylinder(metal, OBJECTS, 0, 0.2f, 0.015f, 0.03f, high - 0.25f);
        RoomMaterial shade = new RoomMaterial(Pattern.PLAIN, colours.any(0, 0.35f, 0.7f, 0.95f),
                new float[] {1, 0.85f, 0.6f}, 1,
                random.chance(0.6f) ? 1.1f : 0, 0);
        place.cylinder(shade, OBJECTS, 0, 0.2f, random.between(0.15f, 0.22f), high - 0.3f, high);
    }

    void bin(Place place) {
        RoomMaterial paint = colours.cloth();
        if (random.chance(0.5f)) {
            place.cylinder(paint, OBJECTS, 0, 0.2f, random.between(0.13f, 0.18f), 0, random.between(0.25f, 0.45f));
        } else {
            float half = random.between(0.12f, 0.25f);
            place.box(paint, OBJECTS, -half, half, 0, random.between(0.2f, 0.45f), 0.2f - half * 0.7f, 0.2f + half
                    * 0.7f);
        }
    }

    void picture(Place place, float across, float low, float high) {
        float[] frame = random.chance(0.5f) ? colours.woodColour() : colours.any(0, 0.2f, 0.05f, 0.85f);
        place.box(colours.material(Pattern.PICTURE, frame, frame, 1), PICTURE, -across / 2, across / 2, low, high,
                0.005f, 0.035f);
    }

    void window(Place place, float across, float low, float high) {
        float[] frame = random.chance(0.7f) ? colours.any(0, 0.05f, 0.75f, 0.95f) : colours.woodColour();
        RoomMaterial panes = new RoomMaterial(Pattern.PANES, frame, frame, 1, 0.55f, (int) random.nextLong());
        float w = across / 2;
        place.box(panes, WINDOW, -w, w, low, high, 0.005f, 0.05f);
        if (random.chance(0.45f)) {
            float[] colour = colours.any(0, 0.6f, 0.3f, 0.85f);
            RoomMaterial curtain = colours.material(Pattern.CURTAIN, colour, RoomColours.scaled(colour, 0.55f),
                    random.between(0.08f, 0.16f));
            float bottom = random.chance(0.6f) ? 0.03f : low - 0.15f;
            float part = across * random.between(0.12f, 0.3f);
            place.box(curtain, WINDOW, -w - 0.15f, -w - 0.15f + part, bottom, high + 0.12f, 0.06f, 0.14f);
            place.box(curtain, WINDOW, w + 0.15f - part, w + 0.15f, bottom, high + 0.12f, 0.06f, 0.14f);
        } else if (random.chance(0.5f)) {
            place.box(RoomMaterial.plain(frame), WINDOW, -w - 0.08f, w + 0.08f, low - 0.04f, low, 0, 0.16f);
        }
    }

    /** A door counts as wall, as in NYUv2's 13 classes. */
    void door(Place place, float across, float high) {
        float[] colour = random.chance(0.5f) ? colours.any(0, 0.08f, 0.65f, 0.9f) : colours.woodColour();
        float w = across / 2;
        RoomMaterial frame = RoomMaterial.plain(RoomColours.scaled(colour, 0.85f));
        place.box(frame, WALL, -w - 0.07f, -w, 0, high + 0.07f, 0, 0.04f);
        place.box(frame, WALL, w, w + 0.07f, 0, high + 0.07f, 0, 0.04f);
        place.box(frame, WALL, -w, w, high, high + 0.07f, 0, 0.04f);
        place.box(colours.material(Pattern.DRAWERS, colour, RoomColours.scaled(colour, 0.45f), 0.6f), WALL, -w, w, 0,
                high, 0, 0.02f);
    }

    void rug(Place place, float across, float deep) {
        RoomMaterial cloth = colours.cloth();
        if (random.chance(0.3f)) {
            place.cylinder(cloth, FLOOR, 0, deep / 2, Math.min(across, deep) / 2, 0, 0.012f);
        } else {
            place.box(cloth, FLOOR, -across / 2, across / 2, 0, 0.012f, 0, deep);
        }
    }
}
