package io.gimbal.export;

import io.gimbal.storage.ProtobufWriter;
import java.util.List;

/** A node of an ONNX graph in the making: an operator, its inputs by name, and its attributes. Not thread-safe. */
final class Node {
    /** Fields of ONNX's NodeProto. */
    private static final int INPUT = 1;
    private static final int OUTPUT = 2;
    private static final int NAME = 3;
    private static final int OPERATOR = 4;
    private static final int ATTRIBUTE = 5;
    /** Fields of its AttributeProto, and the types that it knows. */
    private static final int ATTRIBUTE_NAME = 1;
    private static final int FLOAT = 2;
    private static final int INTEGER = 3;
    private static final int TEXT = 4;
    private static final int INTEGERS = 8;
    private static final int TYPE = 20;
    private static final int FLOAT_TYPE = 1;
    private static final int INTEGER_TYPE = 2;
    private static final int TEXT_TYPE = 3;
    private static final int INTEGERS_TYPE = 7;

    private final ProtobufWriter message = new ProtobufWriter();

    Node(String operator, List<String> inputs) {
        inputs.forEach(input -> message.text(INPUT, input));
        message.text(OPERATOR, operator);
    }

    Node(String operator, String... inputs) {
        this(operator, List.of(inputs));
    }

    Node with(String attribute, long value) {
        return with(attribute(attribute, INTEGER_TYPE).number(INTEGER, value));
    }

    Node with(String attribute, float value) {
        return with(attribute(attribute, FLOAT_TYPE).float32(FLOAT, value));
    }

    Node with(String attribute, String value) {
        return with(attribute(attribute, TEXT_TYPE).text(TEXT, value));
    }

    Node withAll(String attribute, long... values) {
        ProtobufWriter list = attribute(attribute, INTEGERS_TYPE);
        for (long value : values) {
            list.number(INTEGERS, value);
        }
        return with(list);
    }

    private static ProtobufWriter attribute(String name, int type) {
        return new ProtobufWriter().text(ATTRIBUTE_NAME, name).number(TYPE, type);
    }

    private Node with(ProtobufWriter attribute) {
        message.message(ATTRIBUTE, attribute);
        return this;
    }

    /** It as a NodeProto, which ends it. */
    ProtobufWriter named(String name, List<String> outputs) {
        outputs.forEach(output -> message.text(OUTPUT, output));
        return message.text(NAME, name);
    }
}
