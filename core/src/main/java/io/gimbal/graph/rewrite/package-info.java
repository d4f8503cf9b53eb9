/** The same graph with fewer passes over memory: rules, and what applies them. For Gimbal's own packages. */
package io.gimbal.graph.rewrite;
