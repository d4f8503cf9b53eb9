/** What work must cost, and what it costs. For Gimbal's own packages. */
package io.gimbal.measure;
