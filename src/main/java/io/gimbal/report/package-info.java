/**
 * What a run or a measurement leaves for people to look at: {@linkplain io.gimbal.report.Pictures sample pictures}, a
 * {@linkplain io.gimbal.report.Table table} of results, what a step, its parts and a device were measured to do. For
 * Gimbal's own packages; tables and pictures are for users, too.
 */
package io.gimbal.report;
