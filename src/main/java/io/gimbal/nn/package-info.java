/** Layers by their usual names, as immutable descriptions that build themselves into a network graph. */
package io.gimbal.nn;
