package io.gimbal.spark;

import org.apache.spark.sql.SparkSession;

/** Spark itself, in this process. */
final class LocalSpark {
    private LocalSpark() {}

    static SparkSession.Builder on(String master) {
        return SparkSession.builder().master(master).appName("tests").config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", 2);
    }
}
