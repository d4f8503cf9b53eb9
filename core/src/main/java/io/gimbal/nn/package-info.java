/** Layers by their usual names, as immutable descriptions that build themselves into a network graph. For users. */
package io.gimbal.nn;
