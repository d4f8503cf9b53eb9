/** Record batches of Apache Arrow as batches of examples. */
module io.gimbal.arrow {
    requires transitive io.gimbal;
    requires io.gimbal.shaded;
    requires org.apache.arrow.memory.core;
    requires transitive org.apache.arrow.vector;

    exports io.gimbal.arrow;
}
