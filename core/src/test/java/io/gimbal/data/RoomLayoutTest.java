package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Key points are held against what each pixel of the empty room shows. */
class RoomLayoutTest {
    private static final int HEIGHT = 96;
    private static final int WIDTH = 128;
    private static final int CEILING = 1;
    private static final int FLOOR = -2;

    private static RoomView empty(RoomBuilder.Shot shot) {
        RoomScene scene = shot.scene();
        RoomScene bare = new RoomScene(scene.width(), scene.height(), scene.length(), scene.shapes().subList(0, 1),
                scene.faces(), scene.lights(), scene.ambient());
        return new RoomView(new RoomBuilder.Shot(bare, shot.camera()), new Pixels(HEIGHT, WIDTH));
    }

    /** The faces that pixels round a place show. */
    private static Set<Integer> faces(RoomView view, float column, float row) {
        Set<Integer> faces = new HashSet<>();
        for (int y = Math.round(row) - 1; y <= Math.round(row) + 1; y++) {
            for (int x = Math.round(column) - 1; x <= Math.round(column) + 1; x++) {
                if (y >= 0 && x >= 0 && y < HEIGHT && x < WIDTH) {
                    faces.add(view.face(y * WIDTH + x));
                }
            }
        }
        return faces;
    }

    private static boolean atBorder(float column, float row) {
        return column < 0.6f || row < 0.6f || column > WIDTH - 1.6f || row > HEIGHT - 1.6f;
    }

    @Test
    void everyKeyPointIsWhereFacesMeetAndCornersAreWhereThreeDo() {
        int corners = 0;
        for (int index = 0; index < 300; index++) {
            RoomBuilder.Shot shot = RoomBuilder.build(4, index);
            RoomView view = empty(shot);
            float[] points = RoomLayout.points(shot, HEIGHT, WIDTH).orElse(new float[0]);
            for (int i = 0; i < points.length; i += 3) {
                Set<Integer> faces = faces(view, points[i], points[i + 1]);
                String place = "room " + index + ": " + RoomLayout.NAMES.get((int) points[i + 2]) + " at " + points[i]
                        + ", " + points[i + 1] + " shows " + faces;
                assertTrue(points[i] > -0.01f && points[i] < WIDTH - 0.99f, place);
                assertTrue(points[i + 1] > -0.01f && points[i + 1] < HEIGHT - 0.99f, place);
                boolean corner = !atBorder(points[i], points[i + 1]);
                corners += corner ? 1 : 0;
                assertTrue(faces.size() >= (corner ? 3 : 2), place);
            }
        }
        assertTrue(corners > 100, "only " + corners + " corners");
    }

    @Test
    void theLayoutIsWhichFacesThePictureShows() {
        Map<String, Integer> layouts = new TreeMap<>();
        int agree = 0;
        int all = 0;
        for (int index = 0; index < 300; index++) {
            RoomBuilder.Shot shot = RoomBuilder.build(5, index);
            Set<Integer> seen = new HashSet<>();
            RoomView view = empty(shot);
            for (int pixel = 0; pixel < HEIGHT * WIDTH; pixel++) {
                seen.add(view.face(pixel));
            }
            Optional<float[]> points = RoomLayout.points(shot, HEIGHT, WIDTH);
            if (points.isPresent()) {
                String form = RoomLayout.NAMES.get((int) points.get()[2]).replaceFirst(" .*", "");
                layouts.merge(form, 1, Integer::sum);
                List<String> names = RoomLayout.NAMES.stream().filter(name -> name.startsWith(form + " ")).toList();
                int walls = 1 + (int) names.stream().filter(name -> name.endsWith("edge top")).count();
                boolean ceiling = names.contains(form + " ceiling left");
                boolean floor = names.contains(form + " floor left");
                assertEquals(names.size(), points.get().length / 3);
                all++;
                boolean same = ceiling == seen.contains(CEILING) && floor == seen.contains(FLOOR)
                        && walls == seen.size() - (ceiling ? 1 : 0) - (floor ? 1 : 0);
                agree += same ? 1 : 0;
            }
        }
        // A face may show in less than a pixel's breadth.
        assertTrue(agree >= 0.97 * all, agree + " of " + all);
        assertTrue(all > 270 && layouts.size() >= 5, all + " rooms " + layouts);
    }

    @Test
    void thereAre48AndAMirrorExchangesLeftAndRight() {
        assertEquals(48, RoomLayout.NAMES.size());
        assertEquals(48, Set.copyOf(RoomLayout.NAMES).size());
        for (int point = 0; point < 48; point++) {
            assertEquals(point, RoomLayout.MIRRORED.get(RoomLayout.MIRRORED.get(point)));
        }
        int left = RoomLayout.NAMES.indexOf("0 left edge top");
        assertEquals("0 right edge top", RoomLayout.NAMES.get(RoomLayout.MIRRORED.get(left)));
        int edge = RoomLayout.NAMES.indexOf("5 edge bottom");
        assertEquals(edge, RoomLayout.MIRRORED.get(edge));
    }

    @Test
    void aRoomGivesItsKeyPointsAsHeatMaps() {
        Rooms rooms = new Rooms(4, 8, HEIGHT, WIDTH);
        Field field = rooms.field("keypoints");
        for (int index = 0; index < 8; index++) {
            ByteBuffer maps = ByteBuffer.allocate(4 * 48 * HEIGHT * WIDTH).order(ByteOrder.nativeOrder());
            rooms.read(index, false, FloatBuffer.allocate(3 * HEIGHT * WIDTH), Map.of("keypoints", maps));
            float[] points = RoomLayout.points(RoomBuilder.build(4, index), HEIGHT, WIDTH).orElseThrow();
            for (int i = 0; i < points.length; i += 3) {
                int pixel = Math.round(points[i + 1]) * WIDTH + Math.round(points[i]);
                float peak = maps.getFloat(4 * (pixel * field.channels() + (int) points[i + 2]));
                // Half a pixel off each way with bells of 2 pixels.
                assertTrue(peak > 0.93f, "peak of " + peak);
            }
        }
    }

    @Test
    void picturesThatAreTurnedHaveNoKeyPointsAndThatIsSaid() {
        Augmentation turning = new Augmentation(false, List.of(1.0), false, 10, false, Augmentation.Colours.SAME, 0);
        Rooms rooms = new Rooms(1, 1, Intake.ofColours(24, 32).with(turning));
        FloatBuffer image = FloatBuffer.allocate(3 * 24 * 32);
        ByteBuffer maps = ByteBuffer.allocate(4 * 48 * 24 * 32).order(ByteOrder.nativeOrder());
        UserException refused = assertThrows(UserException.class, () -> rooms.read(0, false, image,
                Map.of("keypoints", maps)));
        assertTrue(refused.getMessage().contains("take 'scale' and 'rotate' out"), refused.getMessage());
        rooms.read(0, false, image, Map.of("depth", maps));
    }
}
