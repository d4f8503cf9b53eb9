package io.gimbal.storage;

import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonFactory;
import io.gimbal.shaded.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Map;

/**
 * The safetensors format: eight bytes of header length, a JSON header, the tensors' bytes, all little-endian.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
public final class SafeTensors {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final int ALIGNMENT = 8;

    private SafeTensors() {
    }

    /**
     * Opens a file and checks its header, which is taken for untrusted: see {@link TensorFile}.
     *
     * @throws UserException if the file cannot be read or its header is not sound, naming the file and what is wrong
     */
    public static TensorFile open(Path file) {
        return TensorFile.open(file);
    }

    /**
     * Writes a file atomically: see {@link AtomicFile}.
     *
     * @param tensors by name, written in the map's order; the name {@code __metadata__} is the format's own
     * @param metadata texts for the header; may be empty
     * @throws UserException if it cannot be written; the previous file, if there was one, is as it was
     */
    public static void write(Path file, Map<String, HostTensor> tensors, Map<String, String> metadata) {
        if (tensors.containsKey("__metadata__")) {
            throw new IllegalArgumentException("no tensor may be called __metadata__");
        }
        byte[] header = header(tensors, metadata);
        long bytes = ALIGNMENT + header.length + tensors.values().stream().mapToLong(t -> t.data().remaining()).sum();
        AtomicFile.write(file, bytes, channel -> {
            ByteBuffer length = ByteBuffer.allocate(ALIGNMENT).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, length.putLong(0, header.length));
            writeFully(channel, ByteBuffer.wrap(header));
            for (HostTensor tensor : tensors.values()) {
                writeFully(channel, tensor.data());
            }
        });
    }

    private static byte[] header(Map<String, HostTensor> tensors, Map<String, String> metadata) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart("__metadata__");
                for (Map.Entry<String, String> text : metadata.entrySet()) {
                    json.writeStringField(text.getKey(), text.getValue());
                }
                json.writeEndObject();
            }
            long at = 0;
            for (Map.Entry<String, HostTensor> named : tensors.entrySet()) {
                HostTensor tensor = named.getValue();
                long[] shape = tensor.shape();
                long end = at + tensor.data().remaining();
                json.writeObjectFieldStart(named.getKey());
                json.writeStringField("dtype", tensor.type().name());
                json.writeFieldName("shape");
                json.writeArray(shape, 0, shape.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {at, end}, 0, 2);
                json.writeEndObject();
                at = end;
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a header cannot be written to memory", e);
        }
        while (out.size() % ALIGNMENT != 0) {
            out.write(' ');
        }
        return out.toByteArray();
    }

    private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
