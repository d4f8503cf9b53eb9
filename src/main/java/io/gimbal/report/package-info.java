/**
 * What a run leaves for people to look at: {@linkplain io.gimbal.report.Pictures sample pictures} and a {@linkplain
 * io.gimbal.report.Table table} of results.
 */
package io.gimbal.report;
