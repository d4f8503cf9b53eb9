/** Networks: one trunk that every task shares and a head a task, by hand or from a configuration. For users. */
package io.gimbal.model;
