package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Taskonomy (Zamir et al., CVPR 2018), a folder a domain with a folder a building in each:
 * rgb/BUILDING/point_P_view_V_domain_rgb.png, depth_zbuffer/BUILDING/..._domain_depth_zbuffer.png and
 * normal/BUILDING/..._domain_normal.png. Fields: "depth", metres, 1/512 of the stored 16 bits, 0 where 65535 or 0
 * stands; and "normals" where the configuration says what their channels are.
 */
final class TaskonomySource implements Source {
    private static final String DEPTH = """
            {"file": "depth_zbuffer/{name}_domain_depth_zbuffer.png", "kind": "depth", "scale": 0.001953125,
             "missing": [0, 65535]}""";
    private static final String NORMALS = """
            {"file": "normal/{name}_domain_normal.png", "kind": "vectors", "axes": AXES}""";

    @Override
    public String name() {
        return "taskonomy";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "list", "axes", "limit", "missing_files", "orientation");
    }

    @Override
    public DataSet open(SourceRequest request) {
        Path images = request.folder().resolve("rgb");
        List<Example> examples = KnownLayout.inFolders(images, "_domain_rgb.png");
        Config own = request.own();
        if (request.at("list").has("list")) {
            examples = ofBuildings(request.folder().resolve(request.at("list").path("list")), examples);
        } else if (!request.training()) {
            throw own.error("has no 'list', a text that names the buildings to validate on, one a line");
        }
        String fields = "{\"depth\": " + DEPTH;
        if (request.has("axes")) {
            fields += ", \"normals\": " + NORMALS.replace("AXES", KnownLayout.axes(request));
        }
        return new KnownLayout("rgb/{name}_domain_rgb.png", fields + "}").open(request, images, List.of(), examples);
    }

    private static List<Example> ofBuildings(Path list, List<Example> all) {
        Set<String> buildings = new TreeSet<>();
        KnownLayout.named(list, Map.of()).forEach(building -> buildings.add(building.name()));
        List<Example> taken = new ArrayList<>();
        Set<String> found = new TreeSet<>();
        for (Example example : all) {
            String building = example.name().substring(0, example.name().indexOf('/'));
            if (buildings.contains(building)) {
                found.add(building);
                taken.add(example);
            }
        }
        buildings.removeAll(found);
        if (!buildings.isEmpty()) {
            throw new UserException(list + ": the building '" + buildings.iterator().next() + "' has no images in "
                    + "rgb.");
        }
        return taken;
    }
}
