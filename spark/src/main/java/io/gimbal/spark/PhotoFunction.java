package io.gimbal.spark;

import io.gimbal.config.UserException;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.PredictorClosedException;
import io.gimbal.predict.PredictorFailedException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.StructType;

/** Predicts the photo of a row. What SQL hands over may be of any type. */
record PhotoFunction(ModelSource source, StructType type, boolean strict) implements UDF1<Object, Row> {
    @Override
    public Row call(Object photo) throws InterruptedException {
        try (SharedPredictor.Use use = SharedPredictor.of(source).use()) {
            return PredictionStruct.of(predict(use, photo));
        } catch (UserException unreadable) {
            if (strict) {
                throw unreadable;
            }
            return PredictionStruct.of(type, unreadable.getMessage());
        }
    }

    private static PhotoPrediction predict(SharedPredictor.Use use, Object photo) throws InterruptedException {
        if (photo == null) {
            throw new UserException(PredictionIterator.NO_PHOTO);
        }
        if (!(photo instanceof byte[] bytes)) {
            throw new IllegalArgumentException("the function takes the bytes of a photo's file, BINARY, as the column"
                    + " content of the data source binaryFile has them, and was given a " + photo.getClass()
                    .getSimpleName());
        }
        try {
            return use.predictor().predictor().predict(PhotoSource.ofBytes(bytes));
        } catch (PredictorFailedException | PredictorClosedException e) {
            use.failed();
            throw e;
        }
    }
}
