/** Trainings compared: the same tasks by several rules or networks, over seeds. For Gimbal's own packages. */
package io.gimbal.experiment;
