package io.gimbal.source;

import io.gimbal.config.Range;
import io.gimbal.data.DataSet;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Key points in COCO's form: a file of annotations, and a folder of the images that it names. Examples are the images
 * with a key point that is known, in the file's order. The field "joints" has 17 points, or as many as 'points' says.
 */
final class CocoKeypointsSource implements Source {
    private static final int POINTS = 17;
    private static final double SIGMA = 2;

    @Override
    public String name() {
        return "coco_keypoints";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "annotations", "images", "points", "sigma", "limit", "orientation");
    }

    @Override
    public DataSet open(SourceRequest request) {
        Path folder = request.folder();
        Path file = folder.resolve(request.at("annotations").path("annotations"));
        String images = request.at("images").text("images");
        int count = request.at("points").positive("points", POINTS);
        List<Example> examples = CocoPoints.images(file, count).stream().map(name -> new Example(name, file.toString(),
                Map.of())).toList();
        ObjectNode joints = JsonNodeFactory.instance.objectNode().put("kind", "points").put("count", count)
                .put("file", request.at("annotations").text("annotations"))
                .put("sigma", request.at("sigma").number("sigma", Range.POSITIVE, SIGMA));
        return new KnownLayout(images + "/{name}", "{\"joints\": " + joints + "}").open(request, file, List.of(),
                examples);
    }
}
