package io.gimbal.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where a room's layout shows in a picture, by 48 key points: RoomNet's form (Lee et al., ICCV 2017; the eleven layouts
 * are those of LSUN's challenge). A layout is which of floor and ceiling and how many walls a picture shows; the room
 * counts as the box that it is without furniture and chimney breast. Each layout has key points of its own: the ends of
 * what is to be seen of each edge between two walls, and both ends of what is to be seen of the ceiling's and of the
 * floor's rim. An end is a corner of the room, or in the picture's outermost pixels.
 */
final class RoomLayout {
    private static final float NEAR = 0.05f;
    private static final int CORNERS = 4;
    private static final int MOST_EDGES = 2;

    /**
     * One of the eleven.
     *
     * @param edges   how many edges between walls there are: one less than walls
     * @param ceiling whether it shows
     * @param floor   whether it shows
     */
    private record Form(int edges, boolean ceiling, boolean floor) {
        List<String> names() {
            List<String> names = new ArrayList<>();
            for (String edge : switch (edges) {
                case 0 -> List.<String>of();
                case 1 -> List.of("edge");
                default -> List.of("left edge", "right edge");
            }) {
                names.addAll(List.of(edge + " top", edge + " bottom"));
            }
            if (ceiling) {
                names.addAll(List.of("ceiling left", "ceiling right"));
            }
            if (floor) {
                names.addAll(List.of("floor left", "floor right"));
            }
            return names;
        }
    }

    private static final List<Form> FORMS = List.of(new Form(2, true, true), new Form(2, false, true),
            new Form(2, true, false), new Form(1, true, false), new Form(1, false, true), new Form(1, true, true),
            new Form(0, true, true), new Form(2, false, false), new Form(0, true, false), new Form(0, false, true),
            new Form(1, false, false));

    /** A name a key point: the layout's number, and which end. */
    static final List<String> NAMES = names();
    /** For each the one that it becomes in a mirror. */
    static final List<Integer> MIRRORED = NAMES.stream().map(RoomLayout::mirrored).map(NAMES::indexOf).toList();

    private final RoomCamera camera;
    private final RoomScene room;
    private final int height;
    private final int width;
    private final float slopeX;
    private final float slopeY;
    /** The floor's corners, x and z, from left to right as the camera sees them; where the view behind it begins. */
    private final float[][] corners;

    private RoomLayout(RoomBuilder.Shot shot, int height, int width) {
        camera = shot.camera();
        room = shot.scene();
        this.height = height;
        this.width = width;
        slopeX = RoomCamera.stepX(width) * (width - 1) / 2;
        slopeY = RoomCamera.stepY(height) * (height - 1) / 2;
        corners = new float[][] {{0, 0}, {room.width(), 0}, {room.width(), room.length()}, {0, room.length()}};
        Arrays.sort(corners, Comparator.comparingDouble(corner -> direction(corner[0], corner[1])));
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        for (int form = 0; form < FORMS.size(); form++) {
            int number = form;
            FORMS.get(form).names().forEach(name -> names.add(number + " " + name));
        }
        return names;
    }

    private static String mirrored(String name) {
        return name.contains("left") ? name.replace("left", "right") : name.replace("right", "left");
    }

    /**
     * The key points of a picture of that size: column, row and number of each, as a {@link Layer} has them; empty
     * where the picture shows none of the eleven layouts.
     */
    static Optional<float[]> points(RoomBuilder.Shot shot, int height, int width) {
        return new RoomLayout(shot, height, width).points();
    }

    private Optional<float[]> points() {
        List<float[]> ends = new ArrayList<>();
        for (float[] corner : corners) {
            segment(corner, room.height(), corner, 0).ifPresent(ends::addAll);
        }
        int edges = ends.size() / 2;
        List<float[]> ceiling = rim(room.height());
        List<float[]> floor = rim(0);
        int form = FORMS.indexOf(new Form(Math.min(edges, MOST_EDGES), !ceiling.isEmpty(), !floor.isEmpty()));
        if (edges > MOST_EDGES || form < 0) {
            return Optional.empty();
        }
        ends.addAll(ceiling);
        ends.addAll(floor);
        int first = FORMS.subList(0, form).stream().mapToInt(before -> before.names().size()).sum();
        float[] points = new float[3 * ends.size()];
        for (int i = 0; i < ends.size(); i++) {
            points[3 * i] = ends.get(i)[0];
            points[3 * i + 1] = ends.get(i)[1];
            points[3 * i + 2] = first + i;
        }
        return Optional.of(points);
    }

    /** The leftmost and the rightmost end of what is to be seen of the walls' rim at that height, if anything is. */
    private List<float[]> rim(float y) {
        List<float[]> ends = new ArrayList<>();
        for (int i = 0; i < CORNERS - 1; i++) {
            segment(corners[i], y, corners[i + 1], y).ifPresent(ends::addAll);
        }
        // The wall behind the camera may show at the one side or at the other.
        float[] left = corners[0];
        float[] right = corners[CORNERS - 1];
        segment(right, y, left, y).ifPresent(behind -> ends.addAll(behind.getFirst()[2] < 0 ? 0 : ends.size(), behind));
        return ends.isEmpty() ? ends : List.of(ends.getFirst(), ends.getLast());
    }

    /** What the picture shows of a line, by both ends: column, row, and the direction from the camera. */
    private Optional<List<float[]>> segment(float[] from, float fromY, float[] to, float toY) {
        float[] a = inCamera(from, fromY);
        float[] b = inCamera(to, toY);
        float begin = 0;
        float end = 1;
        for (int side = 0; side < 5; side++) {
            float insideA = inside(a, side);
            float insideB = inside(b, side);
            if (insideA < 0 && insideB < 0) {
                return Optional.empty();
            }
            if (insideA < 0) {
                begin = Math.max(begin, insideA / (insideA - insideB));
            } else if (insideB < 0) {
                end = Math.min(end, insideA / (insideA - insideB));
            }
        }
        return begin >= end ? Optional.empty() : Optional.of(List.of(shown(a, b, begin), shown(a, b, end)));
    }

    private float[] inCamera(float[] corner, float y) {
        float[] way = {corner[0] - camera.x, y - camera.y, corner[1] - camera.z};
        return new float[] {RoomView.dot(way, camera.right), RoomView.dot(way, camera.down),
            RoomView.dot(way, camera.forward)};
    }

    /** How far a place lies within one of the five sides of what the picture shows; negative beyond it. */
    private float inside(float[] place, int side) {
        return switch (side) {
            case 0 -> place[2] - NEAR;
            case 1 -> slopeX * place[2] - place[0];
            case 2 -> slopeX * place[2] + place[0];
            case 3 -> slopeY * place[2] - place[1];
            default -> slopeY * place[2] + place[1];
        };
    }

    private float[] shown(float[] a, float[] b, float share) {
        float x = a[0] + share * (b[0] - a[0]);
        float y = a[1] + share * (b[1] - a[1]);
        float z = a[2] + share * (b[2] - a[2]);
        return new float[] {x / z / RoomCamera.stepX(width) + (width - 1) / 2f,
            y / z / RoomCamera.stepY(height) + (height - 1) / 2f, x / z};
    }

    /** Radians from where the camera looks, to the right; those behind it are furthest to either side. */
    private double direction(float x, float z) {
        double wayX = x - camera.x;
        double wayZ = z - camera.z;
        return StrictMath.atan2(wayX * camera.forward[2] - wayZ * camera.forward[0],
                wayX * camera.forward[0] + wayZ * camera.forward[2]);
    }
}
