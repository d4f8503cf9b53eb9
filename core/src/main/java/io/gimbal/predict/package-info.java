/**
 * What a run's network says of photos of any size, in their own pixels, and the files of it. For users and for Gimbal's
 * own packages; a device and a {@link io.gimbal.predict.Model} are all that is needed.
 */
package io.gimbal.predict;
