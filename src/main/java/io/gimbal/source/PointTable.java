package io.gimbal.source;

import java.util.List;
import java.util.Map;

/**
 * The points of a data set's images.
 *
 * @param names  what the points are called, by number; may be empty where the file does not say
 * @param points for each example that has labels, by its name: column, row and number, three for each place; columns
 *               and rows in pixels of the stored image, of which 0, 0 is the middle of the first one
 */
record PointTable(List<String> names, Map<String, float[]> points) { }
