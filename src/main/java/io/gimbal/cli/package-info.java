/** The command line: thin, over the public classes. */
package io.gimbal.cli;
