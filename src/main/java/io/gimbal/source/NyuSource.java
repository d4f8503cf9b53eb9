package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.NyuDepth;
import java.util.List;

/** NYU Depth v2 in a folder. */
final class NyuSource implements Source {
    @Override
    public String name() {
        return "nyuv2";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", "limit");
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
        return new NyuDepth(placed.path("path"), own.text("split", request.training() ? "train" : "test"),
                request.intake(), own.positive("limit", Integer.MAX_VALUE));
    }
}
