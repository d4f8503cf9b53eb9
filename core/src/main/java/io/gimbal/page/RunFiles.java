package io.gimbal.page;

/** What the files in a run's folder are called that its page is made from, and the page. */
public final class RunFiles {
    /** The configuration. */
    public static final String CONFIG = "config.json";
    /** A line a step. */
    public static final String LOG = "log.jsonl";
    /** A line a validation. */
    public static final String METRICS = "metrics.jsonl";
    /** A line a stretch between two validations. */
    public static final String SPEEDS = "speed.jsonl";
    /** A line a process: versions and machine. */
    public static final String ENVIRONMENT = "environment.jsonl";
    /** The folder of a strip of pictures. */
    public static final String STRIP = "samples";
    /** How the gradients lie to each other, as a picture, where the run's steps are diagnosed. */
    public static final String GRADIENTS = "gradients.svg";
    /** The page. */
    public static final String REPORT = "report.html";

    private RunFiles() {}
}
