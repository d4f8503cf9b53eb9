/** Rules that keep tasks in step, by weights of their losses or by combining their gradients. For users. */
package io.gimbal.balance;
