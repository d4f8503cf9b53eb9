package io.gimbal.model;

import io.gimbal.config.Config;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The networks of the survey (arXiv 2004.13379) on its two data sets, for tests. */
public final class SurveyNetworks {
    /** The five tasks of PASCAL-Context. */
    public static final String PASCAL = "PASCAL";
    private static final String PASCAL_TASKS = "segmentation parts normals saliency edge";

    private SurveyNetworks() {}

    /**
     * One of them.
     *
     * @param tasks     separated by blanks, or {@link #PASCAL}; segmentation is of 40 classes, with PASCAL's of 21
     * @param auxiliary those of them that are auxiliary, separated by blanks
     */
    public static Network network(String architecture, String backbone, String tasks, String auxiliary, int height,
            int width) {
        Config config = config(architecture, backbone, tasks, auxiliary, height, width);
        return NetworkReader.read(config.object("model"), config.find("tasks"));
    }

    /** Its {@code model} and {@code tasks}, and GradNorm; as {@link #network}. */
    public static Config config(String architecture, String backbone, String tasks, String auxiliary, int height,
            int width) {
        boolean pascal = tasks.equals(PASCAL);
        String described = Arrays.stream((pascal ? PASCAL_TASKS : tasks).split(" ")).map(task -> '"' + task + "\": "
                + loss(task, pascal)).collect(Collectors.joining(", "));
        String further = auxiliary.isEmpty() ? "" : ", \"auxiliary\": " + Arrays.stream(auxiliary.split(" "))
                .map(task -> '"' + task + '"').toList();
        return Config.parse("""
                {"model": {"architecture": "%s", "backbone": "%s", "input": [3, %d, %d]%s}, "tasks": {%s},
                 "balance": {"method": "gradnorm"}}
                """.formatted(architecture, backbone, height, width, further, described), architecture);
    }

    private static String loss(String task, boolean pascal) {
        return switch (task) {
            case "segmentation" -> classes(pascal ? 21 : 40);
            case "parts" -> classes(7);
            case "depth" -> "{\"loss\": \"l1\"}";
            case "normals" -> "{\"loss\": \"cosine\"}";
            default -> "{\"loss\": \"binary_cross_entropy\"}";
        };
    }

    private static String classes(int count) {
        return "{\"loss\": \"cross_entropy\", \"classes\": " + count + "}";
    }
}
