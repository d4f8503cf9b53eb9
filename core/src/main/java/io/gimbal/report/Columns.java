package io.gimbal.report;

/** How many columns of a terminal a text takes: East Asian letters take two, what is put on top of others none. */
final class Columns {
    private static final int FIRST_PICTOGRAPH = 0x1F300;
    private static final int LAST_PICTOGRAPH = 0x1FAFF;
    private static final String LEFT_OUT = "...";

    private Columns() {}

    /** The columns of a text of one line. */
    static int of(String text) {
        return text.codePoints().map(Columns::of).sum();
    }

    private static int of(int point) {
        switch (Character.getType(point)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT:
                return 0;
            default:
        }
        if (point >= FIRST_PICTOGRAPH && point <= LAST_PICTOGRAPH) {
            return 2;
        }
        return switch (Character.UnicodeScript.of(point)) {
            case HAN, HIRAGANA, KATAKANA, HANGUL -> 2;
            default -> 1;
        };
    }

    /** A text cut to that many columns, its end told by dots; at least the dots, where it is cut. */
    static String cut(String text, int most) {
        if (of(text) <= most) {
            return text;
        }
        StringBuilder kept = new StringBuilder();
        int room = most - LEFT_OUT.length();
        for (int point : text.codePoints().toArray()) {
            room -= of(point);
            if (room < 0) {
                break;
            }
            kept.appendCodePoint(point);
        }
        return kept + LEFT_OUT;
    }
}
