/**
 * A run's folder as others see it: the {@linkplain io.gimbal.page.ReportPage page} that shows one run or several side
 * by side in a browser, made from the files of their {@linkplain io.gimbal.page.RunRecord folders} alone. For Gimbal's
 * own packages.
 */
package io.gimbal.page;
