/**
 * Files of {@linkplain io.gimbal.picture.PictureFile pixels and arrays}, read as untrusted and as they are stored, and
 * pictures brought to {@linkplain io.gimbal.picture.Resize another size} or to {@linkplain io.gimbal.picture.Thinning
 * thin lines}. Nothing here knows what a picture is for. For Gimbal's own packages.
 */
package io.gimbal.picture;
