package io.gimbal.site;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;

/**
 * A block of code in a page.
 *
 * @param page     the Markdown file
 * @param line     where it begins in it
 * @param language what its fence says; of an indented block what it looks like, and empty where that is nothing known
 * @param text     what it holds
 * @param name     the file that it is, if the paragraph before it names one in code font at its end
 */
record Block(String page, int line, String language, String text, Optional<String> name) {
    static final String SHELL = "sh";

    static List<Block> all() {
        return Repository.pages().stream().flatMap(page -> of(page).stream()).toList();
    }

    static List<Block> of(String page) {
        Node document = Parser.builder().includeSourceSpans(IncludeSourceSpans.BLOCKS).build()
                .parse(Repository.text(page));
        List<Block> blocks = new ArrayList<>();
        document.accept(new AbstractVisitor() {
            @Override
            public void visit(FencedCodeBlock node) {
                add(node, node.getInfo(), node.getLiteral());
            }

            @Override
            public void visit(IndentedCodeBlock node) {
                add(node, guessed(node.getLiteral()), node.getLiteral());
            }

            private void add(Node node, String language, String text) {
                blocks.add(new Block(page, node.getSourceSpans().getFirst().getLineIndex() + 1, language, text,
                        named(node.getPrevious())));
            }
        });
        return blocks;
    }

    /** Commands and parts of configurations are shown without a fence, too. */
    private static String guessed(String text) {
        if (ShellBlock.isCommand(text)) {
            return SHELL;
        }
        return text.startsWith("\"") ? "json" : "";
    }

    private static Optional<String> named(Node before) {
        if (!(before instanceof Paragraph paragraph)) {
            return Optional.empty();
        }
        Node last = paragraph.getLastChild();
        Node named = last.getPrevious();
        boolean atTheEnd = last instanceof org.commonmark.node.Text text && text.getLiteral().equals(":");
        return atTheEnd && named instanceof Code code && code.getLiteral().matches("[\\w./-]+\\.\\w+")
                ? Optional.of(code.getLiteral()) : Optional.empty();
    }

    String place() {
        return page + ":" + line;
    }
}
