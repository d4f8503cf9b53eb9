/**
 * The data sets that a configuration can name, each a {@link io.gimbal.source.Source}: what is read from its keys, and
 * which {@link io.gimbal.data.DataSet} comes of them. {@link io.gimbal.source.Sources} opens them. One more is one more
 * class, and its name in the list there. For users.
 */
package io.gimbal.source;
