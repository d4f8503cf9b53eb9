package io.gimbal.export;

import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An ONNX graph in the making: nodes, initializers, inputs and outputs, and which name each value of the network has
 * there. Names of parameters and tasks are their own; all others give way. Not thread-safe.
 */
final class OnnxGraph {
    /** What the batch is called, which any may be. */
    static final String BATCH = "N";
    /** Element types of ONNX's TensorProto. */
    static final int FLOAT32 = 1;
    static final int UINT8 = 2;
    static final int INT64 = 7;

    /** Fields of its GraphProto. */
    private static final int NODE = 1;
    private static final int NAME = 2;
    private static final int INITIALIZER = 5;
    private static final int INPUT = 11;
    private static final int OUTPUT = 12;
    /** Fields of its TensorProto. */
    private static final int DIMENSION = 1;
    private static final int ELEMENT = 2;
    private static final int TENSOR_NAME = 8;
    private static final int RAW_DATA = 9;
    /** Fields of its ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimension. */
    private static final int VALUE_NAME = 1;
    private static final int VALUE_TYPE = 2;
    private static final int TENSOR_TYPE = 1;
    private static final int TENSOR_ELEMENT = 1;
    private static final int TENSOR_SHAPE = 2;
    private static final int SHAPE_DIMENSION = 1;
    private static final int SIZE = 1;
    private static final int SYMBOL = 2;

    private final ProtobufWriter message = new ProtobufWriter();
    private final Map<String, float[]> values;
    private final Set<String> taken = new HashSet<>();
    private final Set<String> written = new HashSet<>();
    private final Map<Value, String> names = new HashMap<>();
    /** Names that values have as soon as an operation leaves them. */
    private final Map<Value, String> due = new HashMap<>();

    /**
     * @param values  parameters and running statistics by name
     * @param outputs the names of the graph's outputs
     */
    OnnxGraph(String name, Map<String, float[]> values, Collection<String> outputs) {
        this.values = values;
        taken.addAll(values.keySet());
        taken.addAll(outputs);
        message.text(NAME, name);
    }

    /** A name that nothing has: that one, or with _ behind it. */
    String fresh(String wanted) {
        String name = wanted;
        while (!taken.add(name)) {
            name += "_";
        }
        return name;
    }

    /** Lets a value have that name, if an operation leaves it. */
    void reserve(Value value, String name) {
        due.putIfAbsent(value, name);
    }

    /** The name of a value that is there. */
    String of(Value value) {
        return names.get(value);
    }

    /** Says that a value is what has that name. */
    void set(Value value, String name) {
        names.put(value, name);
    }

    /** Puts the node that leaves what the operation leaves. */
    void result(Operation operation, Node node) {
        result(operation, node, List.of());
    }

    /** The same where the node leaves more behind that. */
    void result(Operation operation, Node node, List<String> others) {
        String name = due.containsKey(operation.output()) ? due.get(operation.output()) : fresh(operation.name());
        set(operation.output(), name);
        List<String> outputs = new ArrayList<>(List.of(name));
        outputs.addAll(others);
        put(operation.name(), node, outputs);
    }

    /** Puts a node on the way to what the operation of that name leaves; returns what its output is called. */
    String part(String operation, String what, Node node) {
        String name = fresh(operation + "/" + what);
        put(name, node, List.of(name));
        return name;
    }

    /** Puts a node. */
    void put(String name, Node node, List<String> outputs) {
        message.message(NODE, node.named(name, outputs));
    }

    /** Puts a parameter's values, if they are not there yet; returns its name. */
    String parameter(Parameter parameter) {
        return parameter(parameter.name(), parameter.shape());
    }

    /** The same of a parameter or running statistic by name. */
    String parameter(String name, long... shape) {
        if (written.add(name)) {
            initialize(name, FLOAT32, shape, HostTensor.ofFloats(shape, values.get(name)).data());
        }
        return name;
    }

    /** Puts a list of constants; returns its name. */
    String constants(String operation, String what, long... numbers) {
        return constants(operation, what, new long[] {numbers.length}, numbers);
    }

    /** Puts constants of that shape; returns their name. */
    String constants(String operation, String what, long[] shape, long... numbers) {
        String name = fresh(operation + "/" + what);
        initialize(name, INT64, shape, HostTensor.ofLongs(shape, numbers).data());
        return name;
    }

    /** The same. */
    String constants(String operation, String what, long[] shape, float... numbers) {
        String name = fresh(operation + "/" + what);
        initialize(name, FLOAT32, shape, HostTensor.ofFloats(shape, numbers).data());
        return name;
    }

    private void initialize(String name, int element, long[] shape, ByteBuffer littleEndian) {
        ProtobufWriter tensor = new ProtobufWriter();
        for (long size : shape) {
            tensor.number(DIMENSION, size);
        }
        message.message(INITIALIZER, tensor.number(ELEMENT, element).text(TENSOR_NAME, name)
                .bytes(RAW_DATA, littleEndian));
    }

    /** Declares what the graph takes. */
    void input(String name, int element, long... sizes) {
        message.message(INPUT, described(name, element, sizes));
    }

    /** Declares what the graph leaves. */
    void output(String name, Shape shape) {
        message.message(OUTPUT, described(name, FLOAT32, sizes(shape)));
    }

    /** The sizes of a value without its batch: channels, height, width; or features. */
    static long[] sizes(Shape shape) {
        return shape.flat() ? new long[] {shape.channels()}
                : new long[] {shape.channels(), shape.height(), shape.width()};
    }

    private static ProtobufWriter described(String name, int element, long... sizes) {
        ProtobufWriter shape = new ProtobufWriter().message(SHAPE_DIMENSION, new ProtobufWriter().text(SYMBOL, BATCH));
        for (long size : sizes) {
            shape.message(SHAPE_DIMENSION, new ProtobufWriter().number(SIZE, size));
        }
        ProtobufWriter tensor = new ProtobufWriter().number(TENSOR_ELEMENT, element).message(TENSOR_SHAPE, shape);
        return new ProtobufWriter().text(VALUE_NAME, name)
                .message(VALUE_TYPE, new ProtobufWriter().message(TENSOR_TYPE, tensor));
    }

    /** It as a GraphProto. */
    ProtobufWriter message() {
        return message;
    }
}
