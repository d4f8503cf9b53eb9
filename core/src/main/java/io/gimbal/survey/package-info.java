/**
 * What is in data before anything is learned from them: {@link io.gimbal.survey.Survey} reads every example once, and
 * counts. For Gimbal's own packages.
 */
package io.gimbal.survey;
