package photos;

import io.gimbal.predict.TaskPrediction;
import io.gimbal.spark.Photo;
import io.gimbal.spark.PhotoModel;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Predicts a folder's photos by what a network of rooms has learned: spark-submit ... MODEL PHOTOS RESULTS */
public final class PredictPhotos {
    private PredictPhotos() {}

    public static void main(String[] arguments) throws IOException {
        try (SparkSession spark = SparkSession.builder().appName("photos").getOrCreate()) {
            PhotoModel model = PhotoModel.at(Path.of(arguments[0]));
            Dataset<Row> photos = photos(spark, arguments[1]);
            model.predict(photos, "content").write().parquet(arguments[2]);
            beds(photos, model).show(20, false);
            inWords(photos, model).show(20, false);
        }
    }

    /** A row a file: path, modificationTime, length and content. */
    static Dataset<Row> photos(SparkSession spark, String folder) {
        return spark.read().format("binaryFile").option("recursiveFileLookup", true).load(folder);
    }

    /** By a function of SQL: the photos that show the most of a bed. */
    static Dataset<Row> beds(Dataset<Row> photos, PhotoModel model) {
        photos.sparkSession().udf().register("predict", model.function());
        photos.createOrReplaceTempView("photos");
        return photos.sparkSession().sql("""
                SELECT path, p.segmentation.shares['bed'] AS bed, p.depth.mean AS metres, p.error
                FROM (SELECT path, predict(content) AS p FROM photos)
                ORDER BY bed DESC, path
                """);
    }

    /** By mapPartitions, with results of one's own: what stands in the middle of each photo. */
    static Dataset<String> inWords(Dataset<Row> photos, PhotoModel model) {
        return photos.mapPartitions(model.partitions(
                row -> new Photo<>(row.<String>getAs("path"), row.getAs("content")),
                (path, prediction) -> {
                    TaskPrediction.ClassMap map = (TaskPrediction.ClassMap) prediction.task("segmentation");
                    return path + ": " + map.field().nameOf(map.at(map.height() / 2, map.width() / 2));
                },
                (path, error) -> path + ": " + error), Encoders.STRING());
    }
}
