/** The software device as a jar brings it. No code uses it by name: Gimbal finds it where it is among the libraries. */
package io.gimbal.softcuda;
