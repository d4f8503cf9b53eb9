package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.NyuDepth;
import io.gimbal.data.NyuLabeled;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** NYU Depth v2, in a folder of pictures or in the one MATLAB file in which it is handed out. */
final class NyuSource implements Source {
    private static final String SUFFIX = ".mat";
    private static final String SPLITS = "splits";
    private static final String CLASS_MAP = "class_map";
    private static final List<String> DEPTHS = List.of("any", "u8", "u16");

    @Override
    public String name() {
        return "nyuv2";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", "classes", "depth", SPLITS, CLASS_MAP, "limit");
    }

    @Override
    public DataSet open(SourceRequest request) {
        request.requireColours();
        Config placed = request.at("path");
        if (!placed.has("path")) {
            throw request.fallback().error("has no 'path': the folder that holds NYUv2, or its one file, "
                    + "nyu_depth_v2_labeled.mat; give it here, or with --set data.path=FOLDER");
        }
        Config own = request.own();
        int classes = request.at("classes").integer("classes", NyuDepth.CLASS_NAMES.size());
        if (classes != NyuDepth.CLASS_NAMES.size() && classes != NyuDepth.CLASS_NAMES_40.size()) {
            throw request.at("classes").error("classes", "is " + classes + "; NYUv2 has 13 or 40");
        }
        Path path = placed.path("path");
        String split = own.text("split", request.training() ? "train" : "test");
        int limit = own.positive("limit", Integer.MAX_VALUE);
        if (path.toString().toLowerCase(Locale.ROOT).endsWith(SUFFIX)) {
            refuse(request, "depth", "tells apart depths of a folder of pictures; " + path.getFileName() + " has one");
            Config map = request.at(CLASS_MAP);
            boolean none = map.has(CLASS_MAP) && map.text(CLASS_MAP).equals("none");
            return new NyuLabeled(path, beside(request, path, SPLITS, "splits.mat"), split, none ? Optional.empty()
                    : Optional.of(beside(request, path, CLASS_MAP, "classMapping40.mat")), classes, request.intake(),
                    limit);
        }
        String alone = "belongs to NYUv2's one MATLAB file, but data.path is no " + SUFFIX;
        refuse(request, SPLITS, alone);
        refuse(request, CLASS_MAP, alone);
        NyuDepth.DepthFiles depth = NyuDepth.DepthFiles.valueOf(request.at("depth").choice("depth", DEPTHS, "any")
                .toUpperCase(Locale.ROOT));
        return new NyuDepth(path, split, classes, depth, request.intake(), limit, request.faults());
    }

    private static void refuse(SourceRequest request, String key, String why) {
        if (request.has(key)) {
            throw request.at(key).error(key, why);
        }
    }

    /** A file that is named, or else lies beside another one by its usual name. */
    private static Path beside(SourceRequest request, Path file, String key, String usual) {
        return file.resolveSibling(request.has(key) ? request.at(key).path(key) : Path.of(usual));
    }
}
