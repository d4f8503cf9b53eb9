/**
 * What papers report of held-out data: accumulated over batches in double and long, each figure beside that of the
 * best constant prediction, the least that a network has to beat. For users.
 */
package io.gimbal.metric;
