package io.gimbal.cuda.panama;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The C prototype behind a record component of type {@link java.lang.invoke.MethodHandle}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface C {
    /** The exported names, the preferred first. */
    String[] name();

    /** What it returns: a status, unless said otherwise. */
    CType returns() default CType.INT;

    /** The types of its arguments. */
    CType[] takes() default {};
}
