/**
 * Files of pixels, read as untrusted and as they are stored, and pictures brought to another size. Nothing here knows
 * what a picture is for. For Gimbal's own packages.
 */
package io.gimbal.picture;
