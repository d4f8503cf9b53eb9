package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * PASCAL-Context in the layout of PASCAL_MT (Maninis et al., CVPR 2019), with the labels that their loaders make of it:
 * ImageSets/Context/SPLIT.txt, JPEGImages/NAME.jpg, semseg/VOC12/NAME.png or else semseg/pascal-context/NAME.png,
 * human_parts/NAME.mat, normals_distill/NAME.png, sal_distill/NAME.png and pascal-context/trainval/NAME.mat. Fields:
 * <ul>
 *   <li>"segmentation": 21 classes, 255 unlabelled</li>
 *   <li>"human_parts": 6 parts and all else; an image without any has no label</li>
 *   <li>"normals": as another network told them, where LabelMap has a class that NYUv2 has, too</li>
 *   <li>"saliency": 1 where the stored number is above 127, else 0</li>
 *   <li>"edges": 1 on the thinned borders of LabelMap, else 0</li>
 * </ul>
 */
final class PascalSource implements Source {
    private static final List<String> SPLITS = List.of("train", "val");
    private static final String LABELS = "labels";
    private static final String VOC = "VOC12";
    private static final String AXES = "axes";
    private static final String FIELDS = """
            {"segmentation": {"file": "semseg/{labels}/{name}.png", "kind": "classes", "classes": 21, "names":
              ["background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
               "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
               "tvmonitor"]},
             "human_parts": {"file": "human_parts/{name}.mat", "kind": "parts", "object": 15, "classes": 7,
              "names": ["background", "head", "torso", "upper arm", "lower arm", "upper leg", "lower leg"],
              "parts": {"hair": 1, "head": 1, "lear": 1, "lebrow": 1, "leye": 1, "mouth": 1, "nose": 1, "rear": 1,
                        "rebrow": 1, "reye": 1, "neck": 2, "torso": 2, "luarm": 3, "ruarm": 3, "lhand": 4,
                        "llarm": 4, "rhand": 4, "rlarm": 4, "luleg": 5, "ruleg": 5, "lfoot": 6, "llleg": 6,
                        "rfoot": 6, "rlleg": 6}},
             "normals": {"file": "normals_distill/{name}.png", "kind": "vectors", "axes": AXES,
              "mask": {"file": "pascal-context/trainval/{name}.mat", "array": "LabelMap", "numbers": [
                   3, 4, 6, 9, 10, 11, 13, 15, 17, 18, 22, 23, 29, 30, 33, 34, 36, 37, 38, 39, 41, 43, 46, 49, 50,
                   51, 53, 55, 56, 59, 61, 62, 65, 66, 68, 69, 72, 73, 78, 83, 84, 85, 87, 88, 95, 96, 101, 104, 105,
                   107, 111, 113, 115, 122, 124, 135, 141, 142, 143, 146, 150, 154, 157, 158, 159, 165, 172, 174,
                   181, 183, 184, 191, 193, 195, 197, 199, 202, 213, 215, 216, 219, 220, 223, 225, 228, 230, 232,
                   233, 238, 239, 242, 243, 246, 250, 251, 252, 255, 260, 261, 263, 269, 272, 273, 275, 281, 283,
                   284, 285, 286, 287, 288, 290, 291, 292, 293, 295, 304, 307, 309, 310, 314, 315, 319, 323, 329,
                   330, 331, 336, 342, 345, 349, 350, 351, 352, 355, 357, 368, 370, 371, 374, 379, 380, 383, 384,
                   397, 401, 403, 405, 407, 408, 411, 412, 413, 414, 417, 419, 421, 423, 427, 429, 430, 432, 440,
                   441, 442, 443, 444, 446, 454, 457]}},
             "saliency": {"file": "sal_distill/{name}.png", "kind": "values", "threshold": 127.5},
             "edges": {"file": "pascal-context/trainval/{name}.mat", "array": "LabelMap", "kind": "edges"}}""";

    @Override
    public String name() {
        return "pascal_context";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", AXES, "limit", "missing_files", "orientation");
    }

    @Override
    public DataSet open(SourceRequest request) {
        Config own = request.own();
        String split = own.choice("split", SPLITS, request.training() ? "train" : "val");
        Path folder = request.folder();
        Path list = folder.resolve("ImageSets/Context").resolve(split + ".txt");
        List<Example> examples = KnownLayout.named(list, Map.of()).stream().map(example -> new Example(example.name(),
                example.place(), Map.of(LABELS, Files.exists(folder.resolve("semseg").resolve(VOC)
                        .resolve(example.name() + ".png")) ? VOC : "pascal-context"))).toList();
        String axes = request.has(AXES) ? KnownLayout.axes(request) : "[\"x\", \"y\", \"z\"]";
        return new KnownLayout("JPEGImages/{name}.jpg", FIELDS.replace("AXES", axes)).open(request, list,
                List.of(LABELS), examples);
    }
}
