package io.gimbal.export;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A file of ONNX as ONNX Runtime runs it, on the processor. */
final class OnnxRuntime implements AutoCloseable {
    private final OrtSession session;

    OnnxRuntime(Path file) throws OrtException {
        session = OrtEnvironment.getEnvironment().createSession(file.toString());
    }

    /** What the file says of itself. */
    Map<String, String> metadata() throws OrtException {
        return session.getMetadata().getCustomMetadata();
    }

    String producer() throws OrtException {
        return session.getMetadata().getProducerName();
    }

    /** The input's or output's name, type and shape, in the runtime's words. */
    String described(boolean input) throws OrtException {
        return (input ? session.getInputInfo() : session.getOutputInfo()).values().toString();
    }

    List<String> inputs() {
        return List.copyOf(session.getInputNames());
    }

    List<String> outputs() {
        return List.copyOf(session.getOutputNames());
    }

    Map<String, float[]> run(float[] values, long... shape) throws OrtException {
        try (OnnxTensor tensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), FloatBuffer.wrap(values),
                shape)) {
            return run(tensor);
        }
    }

    Map<String, float[]> run(byte[] values, long... shape) throws OrtException {
        try (OnnxTensor tensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(),
                ByteBuffer.allocateDirect(values.length).put(values).flip(), shape,
                OnnxJavaType.UINT8)) {
            return run(tensor);
        }
    }

    private Map<String, float[]> run(OnnxTensor tensor) throws OrtException {
        Map<String, float[]> predictions = new LinkedHashMap<>();
        try (OrtSession.Result result = session.run(Map.of(inputs().getFirst(), tensor))) {
            for (Map.Entry<String, OnnxValue> output : result) {
                FloatBuffer buffer = ((OnnxTensor) output.getValue()).getFloatBuffer();
                float[] all = new float[buffer.remaining()];
                buffer.get(all);
                predictions.put(output.getKey(), all);
            }
        }
        return predictions;
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
