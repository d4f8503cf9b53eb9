/** Cases of the numerical reference, run again by Gimbal. For Gimbal's own packages. */
package io.gimbal.replay;
