package io.gimbal.proof.page;

/** How a check ended. */
public enum Status {
    PASSED("passed"),
    FAILED("FAILED"),
    /** What it asks for could not be measured here; its note says why. */
    NOT_MEASURED("not measured");

    private final String text;

    Status(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }
}
