/**
 * Training and predictions in Apache Spark: {@link io.gimbal.spark.GimbalSpark} trains by executors, a rank each; a
 * {@link io.gimbal.spark.PhotoModel} predicts the photos of partitions, and is a function of SQL; a {@link
 * io.gimbal.spark.TableModel} predicts rows. All tasks of an executor share one predictor. For users.
 *
 * @serial exclude
 */
package io.gimbal.spark;
