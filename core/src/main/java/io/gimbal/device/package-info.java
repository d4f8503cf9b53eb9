/**
 * A device to compute on, be it a GPU or the software device: memory, streams, events, kernels and captured graphs,
 * each owned by whoever asked for it and closed by hand. Everything above this package is written once for both.
 * For users.
 */
package io.gimbal.device;
