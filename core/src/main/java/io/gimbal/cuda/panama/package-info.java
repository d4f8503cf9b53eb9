/**
 * The binding by Java's foreign function interface. Each library is a record of method handles, one line a C function;
 * the rest is marshalling. Nothing here knows whether a GPU's libraries or the software device are behind the handles.
 */
package io.gimbal.cuda.panama;
