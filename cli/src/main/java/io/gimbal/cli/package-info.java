/** The command line: commands and their options over the other packages, nothing else. No code uses it. */
package io.gimbal.cli;
