package io.gimbal.source;

import io.gimbal.data.DataSet;
import java.nio.file.Path;
import java.util.List;

/**
 * Cityscapes (Cordts et al., CVPR 2016) as it is handed out: leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png,
 * gtFine/SPLIT/CITY/NAME_gtFine_labelIds.png and disparity/SPLIT/CITY/NAME_disparity.png. Fields: "segmentation", the
 * 19 classes that are evaluated; "disparity", pixels of the full image, (v - 1) / 256 of the stored v, -1 where it is
 * 0.
 */
final class CityscapesSource implements Source {
    private static final List<String> SPLITS = List.of("train", "val", "test");
    /** The numbers of the files' classes, of all that are there, which are evaluated. */
    private static final String CLASSES = """
            {"file": "gtFine/SPLIT/{name}_gtFine_labelIds.png", "kind": "classes", "classes": 19,
             "map": {"0-6": "ignore", "7": 0, "8": 1, "9-10": "ignore", "11": 2, "12": 3, "13": 4, "14-16": "ignore",
                     "17": 5, "18": "ignore", "19": 6, "20": 7, "21": 8, "22": 9, "23": 10, "24": 11, "25": 12,
                     "26": 13, "27": 14, "28": 15, "29-30": "ignore", "31": 16, "32": 17, "33": 18, "255": "ignore"},
             "names": ["road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign",
                       "vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train",
                       "motorcycle", "bicycle"]}""";
    private static final String DISPARITY = """
            {"file": "disparity/SPLIT/{name}_disparity.png", "kind": "values", "scale": 0.00390625,
             "offset": -0.00390625, "missing": 0}""";

    @Override
    public String name() {
        return "cityscapes";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", "limit", "missing_files", "orientation");
    }

    @Override
    public DataSet open(SourceRequest request) {
        String split = request.own().choice("split", SPLITS, request.training() ? "train" : "val");
        Path images = request.folder().resolve("leftImg8bit").resolve(split);
        String fields = "{\"segmentation\": " + CLASSES + ", \"disparity\": " + DISPARITY + "}";
        return new KnownLayout("leftImg8bit/" + split + "/{name}_leftImg8bit.png", fields.replace("SPLIT", split))
                .open(request, images, List.of(), KnownLayout.inFolders(images, "_leftImg8bit.png"));
    }
}
