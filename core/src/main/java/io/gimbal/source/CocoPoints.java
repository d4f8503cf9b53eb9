package io.gimbal.source;

import io.gimbal.config.FileFailures;
import io.gimbal.config.JsonFaults;
import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonFactory;
import io.gimbal.shaded.jackson.core.JsonParser;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Points in the form of COCO's key points: {@code images} with {@code id} and {@code file_name}, {@code annotations}
 * with {@code image_id} and {@code keypoints}, which are x, y and v of each point, flat or a list each, v = 0 where it
 * is not known; and the points' names in the {@code keypoints} of {@code categories}. Several annotations may be of one
 * image. Read as a stream, so that a file may be larger than memory.
 */
final class CocoPoints {
    private final Path file;
    private final int count;
    private final Map<Long, String> images = new LinkedHashMap<>();
    private final Map<Long, float[]> byImage = new HashMap<>();
    private List<String> names = List.of();

    private CocoPoints(Path file, int count) {
        this.file = file;
        this.count = count;
    }

    /**
     * The points by image: by the file's name as it stands, and by that without its suffix.
     *
     * @param count how many points there are
     */
    static PointTable read(Path file, int count) {
        return parsed(file, count).table();
    }

    /** The names of the images with a point that is known, in the file's order. */
    static List<String> images(Path file, int count) {
        CocoPoints coco = parsed(file, count);
        List<String> named = new ArrayList<>();
        coco.images.forEach((image, name) -> {
            if (coco.byImage.getOrDefault(image, new float[0]).length > 0) {
                named.add(name);
            }
        });
        if (named.isEmpty()) {
            throw new UserException(file + ": none of its images has a point that is known.");
        }
        return named;
    }

    private static CocoPoints parsed(Path file, int count) {
        CocoPoints coco = new CocoPoints(file, count);
        try (InputStream in = Files.newInputStream(file); JsonParser json = new JsonFactory().createParser(in)) {
            coco.read(json);
        } catch (JsonProcessingException malformed) {
            throw new UserException(file + ", line " + malformed.getLocation().getLineNr() + ": not valid JSON: "
                    + JsonFaults.explain(malformed) + " Mend it, or write it anew.", malformed);
        } catch (IOException failure) {
            throw FileFailures.reading(file, failure);
        }
        return coco;
    }

    private PointTable table() {
        Map<String, float[]> points = new HashMap<>();
        byImage.forEach((image, found) -> {
            String name = images.get(image);
            if (name == null) {
                throw new UserException(file + ": an annotation is of image " + image + ", which is not among its "
                        + "'images'. Add the image to them, or remove the annotation.");
            }
            int dot = name.lastIndexOf('.');
            points.put(name, found);
            points.put(dot > 0 ? name.substring(0, dot) : name, found);
        });
        return new PointTable(file, names.size() == count ? names : List.of(), points);
    }

    private void read(JsonParser json) throws IOException {
        require(json, json.nextToken(), JsonToken.START_OBJECT, "the file");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            JsonToken value = json.nextToken();
            switch (key) {
                case "images" -> each(json, value, key, () -> readImage(json));
                case "annotations" -> each(json, value, key, () -> readAnnotation(json));
                case "categories" -> each(json, value, key, () -> readCategory(json));
                default -> json.skipChildren();
            }
        }
    }

    /** Reads an object that has begun. */
    private interface Reading {
        void read() throws IOException;
    }

    private void each(JsonParser json, JsonToken begun, String key, Reading one) throws IOException {
        require(json, begun, JsonToken.START_ARRAY, "'" + key + "'");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            require(json, json.currentToken(), JsonToken.START_OBJECT, "an entry of '" + key + "'");
            one.read();
        }
    }

    private void readImage(JsonParser json) throws IOException {
        Long id = null;
        String name = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            JsonToken value = json.nextToken();
            if (key.equals("id")) {
                id = whole(json, value, "an image's 'id'");
            } else if (key.equals("file_name")) {
                require(json, value, JsonToken.VALUE_STRING, "an image's 'file_name'");
                name = json.getText();
            } else {
                json.skipChildren();
            }
        }
        if (id == null || name == null) {
            throw wrong(json, "an image has no 'id' or no 'file_name'");
        }
        images.put(id, name);
    }

    private void readAnnotation(JsonParser json) throws IOException {
        Long image = null;
        float[] found = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            JsonToken value = json.nextToken();
            if (key.equals("image_id")) {
                image = whole(json, value, "an annotation's 'image_id'");
            } else if (key.equals("keypoints")) {
                require(json, value, JsonToken.START_ARRAY, "an annotation's 'keypoints'");
                found = points(json);
            } else {
                json.skipChildren();
            }
        }
        if (image == null || found == null) {
            throw wrong(json, "an annotation has no 'image_id' or no 'keypoints'");
        }
        float[] all = byImage.getOrDefault(image, new float[0]);
        float[] more = Arrays.copyOf(all, all.length + found.length);
        System.arraycopy(found, 0, more, all.length, found.length);
        byImage.put(image, more);
    }

    /** Column, row and number of those that are known. */
    private float[] points(JsonParser json) throws IOException {
        float[] stored = new float[3 * count];
        int length = 0;
        int depth = 1;
        while (depth > 0) {
            JsonToken token = json.nextToken();
            if (token == JsonToken.START_ARRAY || token == JsonToken.END_ARRAY) {
                depth += token == JsonToken.START_ARRAY ? 1 : -1;
            } else if (token != null && token.isNumeric()) {
                if (length == stored.length) {
                    throw wrong(json, "an annotation has more 'keypoints' than " + count + " times x, y and v");
                }
                stored[length++] = json.getFloatValue();
            } else {
                throw wrong(json, "'keypoints' hold something else than numbers");
            }
        }
        if (length != stored.length) {
            throw wrong(json, "an annotation has " + length + " numbers in its 'keypoints', but " + count
                    + " points take " + 3 * count + ": x, y and v of each");
        }
        float[] known = new float[stored.length];
        int to = 0;
        for (int point = 0; point < count; point++) {
            if (stored[3 * point + 2] > 0) {
                known[to++] = stored[3 * point];
                known[to++] = stored[3 * point + 1];
                known[to++] = point;
            }
        }
        return Arrays.copyOf(known, to);
    }

    private void readCategory(JsonParser json) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean points = json.currentName().equals("keypoints");
            JsonToken value = json.nextToken();
            if (points && value == JsonToken.START_ARRAY) {
                List<String> found = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    require(json, json.currentToken(), JsonToken.VALUE_STRING, "a key point's name");
                    found.add(json.getText());
                }
                names = found;
            } else {
                json.skipChildren();
            }
        }
    }

    private long whole(JsonParser json, JsonToken token, String what) throws IOException {
        require(json, token, JsonToken.VALUE_NUMBER_INT, what);
        return json.getLongValue();
    }

    private void require(JsonParser json, JsonToken found, JsonToken due, String what) {
        if (found != due) {
            throw wrong(json, what + " is none: " + due + " is due and " + found + " stands there");
        }
    }

    private UserException wrong(JsonParser json, String what) {
        return new UserException(file + ", line " + json.currentLocation().getLineNr() + ": " + what
                + ". It is no file in the form of COCO's key points.");
    }
}
