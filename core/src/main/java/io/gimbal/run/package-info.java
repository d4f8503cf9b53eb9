/** A training from a configuration, in a folder, which can be gone on with. For Gimbal's own packages. */
package io.gimbal.run;
