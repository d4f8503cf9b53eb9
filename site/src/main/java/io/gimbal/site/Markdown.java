package io.gimbal.site;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.CustomBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.renderer.html.HtmlRenderer;

/** A page's Markdown as HTML. */
final class Markdown extends AbstractVisitor {
    /** A class, perhaps with a member of it. */
    private static final Pattern TYPE = Pattern.compile("([A-Z]\\w*)(?:[.(<].*)?");

    private final Page page;
    private final Links links;
    private final Map<String, String> types;
    /** A heading's text is no link, nor is what a link holds. */
    private boolean plain;

    private Markdown(Page page, Links links, Map<String, String> types) {
        this.page = page;
        this.links = links;
        this.types = types;
    }

    /**
     * Renders a page once; it is changed by that.
     *
     * @param types the addresses of the classes that texts in code font may name
     */
    static String render(Page page, Links links, Map<String, String> types) {
        page.content().accept(new Markdown(page, links, types));
        return HtmlRenderer.builder().extensions(List.of(TablesExtension.create()))
                .attributeProviderFactory(_ -> (node, _, attributes) -> {
                    if (node instanceof org.commonmark.node.Heading) {
                        attributes.put("id", page.document().anchor(node));
                    }
                }).build().render(page.content());
    }

    @Override
    public void visit(org.commonmark.node.Heading node) {
        plain = true;
        super.visit(node);
        plain = false;
        HtmlInline anchor = new HtmlInline();
        anchor.setLiteral("<a class=\"anchor\" href=\"#" + Html.escaped(page.document().anchor(node))
                + "\" aria-label=\"Link to this heading\">#</a>");
        node.appendChild(anchor);
    }

    @Override
    public void visit(Link node) {
        node.setDestination(links.of(page, node.getDestination()));
        boolean before = plain;
        plain = true;
        super.visit(node);
        plain = before;
    }

    @Override
    public void visit(Image node) {
        node.setDestination(links.of(page, node.getDestination()));
        super.visit(node);
    }

    @Override
    public void visit(Code node) {
        Matcher named = TYPE.matcher(node.getLiteral());
        if (!plain && named.matches() && types.containsKey(named.group(1))) {
            Link link = new Link(Addresses.relative(page.address(), types.get(named.group(1))), null);
            node.insertBefore(link);
            link.appendChild(node);
        }
    }

    /** A wide table is moved by itself. */
    @Override
    public void visit(CustomBlock node) {
        super.visit(node);
        if (node instanceof TableBlock) {
            node.insertBefore(block("<div class=\"wide\" tabindex=\"0\">"));
            node.insertAfter(block("</div>"));
        }
    }

    private static HtmlBlock block(String html) {
        HtmlBlock node = new HtmlBlock();
        node.setLiteral(html);
        return node;
    }

    /** Comments are for tools that write into the file. */
    @Override
    public void visit(HtmlBlock node) {
        if (!node.getLiteral().matches("<!--.*-->")) {
            throw rawHtml(node.getLiteral());
        }
        node.unlink();
    }

    @Override
    public void visit(HtmlInline node) {
        throw rawHtml(node.getLiteral());
    }

    private SiteException rawHtml(String html) {
        return new SiteException(page.file() + " has HTML, \"" + html + "\": write it in Markdown, or in code font.");
    }
}
