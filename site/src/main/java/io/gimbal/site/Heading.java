package io.gimbal.site;

/**
 * A heading of a page.
 *
 * @param level  1 for the page's own
 * @param text   without its markup
 * @param anchor by which it is linked to
 */
record Heading(int level, String text, String anchor) {}
