package io.gimbal.proof;

/** How a check ended. */
enum Status {
    PASSED("passed"),
    FAILED("FAILED"),
    /** What it asks for could not be measured here; its note says why. */
    NOT_MEASURED("not measured");

    private final String text;

    Status(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }
}
