/** Balanced multi-task training: one network, several tasks, kept in step by GradNorm (arXiv 1711.02257). */
package io.gimbal;
