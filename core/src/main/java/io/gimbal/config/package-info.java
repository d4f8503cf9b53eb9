/**
 * Typed reading of JSON configurations: every value knows its file and its path in it, so that every complaint can name
 * the place, what stands there and what may. For users.
 */
package io.gimbal.config;
