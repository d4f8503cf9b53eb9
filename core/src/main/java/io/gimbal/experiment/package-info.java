/** Trainings compared with each other: the same task by several rules or networks, over seeds. For Gimbal's own packages. */
package io.gimbal.experiment;
