package io.gimbal.proof.page;

import java.util.List;

/** A table in Markdown. */
final class MarkdownTable {
    private MarkdownTable() {}

    static String of(List<String> headings, List<List<String>> rows) {
        StringBuilder text = new StringBuilder(line(headings));
        text.append("|").append("---|".repeat(headings.size())).append('\n');
        rows.forEach(row -> text.append(line(row)));
        return text.toString();
    }

    private static String line(List<String> cells) {
        StringBuilder text = new StringBuilder("|");
        for (String cell : cells) {
            text.append(' ').append(cell.replace("|", "\\|").replace("\n", " ")).append(" |");
        }
        return text.append('\n').toString();
    }
}
