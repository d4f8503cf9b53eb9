package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * PASCAL-Context in the layout of PASCAL_MT (Maninis et al., CVPR 2019): ImageSets/Context/SPLIT.txt,
 * JPEGImages/NAME.jpg, semseg/VOC12/NAME.png or else semseg/pascal-context/NAME.png, and sal_distill/NAME.png. Fields:
 * "segmentation", 21 classes, 255 unlabelled; "saliency", 1 where the stored number is above 127, else 0. Edges, human
 * parts and normals lie in, or are masked by, MATLAB's files, which are not read.
 */
final class PascalSource implements Source {
    private static final List<String> SPLITS = List.of("train", "val");
    private static final String LABELS = "labels";
    private static final String VOC = "VOC12";
    private static final String FIELDS = """
            {"segmentation": {"file": "semseg/{labels}/{name}.png", "kind": "classes", "classes": 21, "names":
              ["background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
               "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
               "tvmonitor"]},
             "saliency": {"file": "sal_distill/{name}.png", "kind": "values", "threshold": 127.5}}""";

    @Override
    public String name() {
        return "pascal_context";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", "limit", "missing_files", "orientation");
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
        return new KnownLayout("JPEGImages/{name}.jpg", FIELDS).open(request, list, List.of(LABELS), examples);
    }
}
