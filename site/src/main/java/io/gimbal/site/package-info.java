/**
 * The documentation as a site: {@link io.gimbal.site.Site} turns the repository's Markdown into static HTML, with the
 * files that it links to, the Javadoc of the packages for users, and a search. Nothing of Gimbal is called.
 */
package io.gimbal.site;
