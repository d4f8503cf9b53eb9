package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.NyuDepth;
import java.util.List;
import java.util.Locale;

/** NYU Depth v2 in a folder. */
final class NyuSource implements Source {
    private static final List<String> DEPTHS = List.of("any", "u8", "u16");

    @Override
    public String name() {
        return "nyuv2";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", "classes", "depth", "limit");
    }

    @Override
    public DataSet open(SourceRequest request) {
        request.requireColours();
        Config placed = request.at("path");
        if (!placed.has("path")) {
            throw request.fallback().error("has no 'path': the folder that holds NYUv2; give it here, or with "
                    + "--set data.path=FOLDER");
        }
        Config own = request.own();
        int classes = request.at("classes").integer("classes", NyuDepth.CLASS_NAMES.size());
        if (classes != NyuDepth.CLASS_NAMES.size() && classes != NyuDepth.CLASS_NAMES_40.size()) {
            throw request.at("classes").error("classes", "is " + classes + "; NYUv2 has 13 or 40");
        }
        NyuDepth.DepthFiles depth = NyuDepth.DepthFiles.valueOf(request.at("depth").choice("depth", DEPTHS, "any")
                .toUpperCase(Locale.ROOT));
        return new NyuDepth(placed.path("path"), own.text("split", request.training() ? "train" : "test"), classes,
                depth, request.intake(), own.positive("limit", Integer.MAX_VALUE), request.faults());
    }
}
