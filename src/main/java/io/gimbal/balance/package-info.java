/** Rules that set the tasks' weights: GradNorm (arXiv 1711.02257), and weights that stay. For users. */
package io.gimbal.balance;
