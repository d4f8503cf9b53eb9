/**
 * What a run or a measurement leaves for people to look at: a {@linkplain io.gimbal.report.Table table} of results,
 * what a step, its parts and a device were measured to do. For Gimbal's own packages; tables are for users, too.
 */
package io.gimbal.report;
