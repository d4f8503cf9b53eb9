/** The network's optimisers, and the schedules of their learning rates. For users. */
package io.gimbal.optimizer;
