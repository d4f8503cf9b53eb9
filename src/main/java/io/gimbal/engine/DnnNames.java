package io.gimbal.engine;

/**
 * The numbers of {@code cudnn_graph.h} that convolution graphs need, by the names that they have there without the
 * prefix.
 */
final class DnnNames {
    static final int TENSOR_DESCRIPTOR = 17;
    static final int CONVOLUTION_DESCRIPTOR = 1;
    static final int OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR = 10;
    static final int OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR = 11;
    static final int OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR = 12;
    static final int OPERATIONGRAPH_DESCRIPTOR = 15;
    static final int ENGINE_DESCRIPTOR = 2;
    static final int ENGINECFG_DESCRIPTOR = 3;
    static final int ENGINEHEUR_DESCRIPTOR = 4;
    static final int EXECUTION_PLAN_DESCRIPTOR = 5;
    static final int KNOB_CHOICE_DESCRIPTOR = 7;
    static final int VARIANT_PACK_DESCRIPTOR = 16;
    static final int DEVICEPROP_DESCRIPTOR = 38;

    static final int TYPE_HANDLE = 0;
    static final int TYPE_DATA_TYPE = 1;
    static final int TYPE_INT64 = 3;
    static final int TYPE_FLOAT = 4;
    static final int TYPE_VOID_PTR = 6;
    static final int TYPE_CONVOLUTION_MODE = 7;
    static final int TYPE_HEUR_MODE = 8;
    static final int TYPE_KNOB_TYPE = 9;
    static final int TYPE_NUMERICAL_NOTE = 11;
    static final int TYPE_BACKEND_DESCRIPTOR = 15;
    static final int TYPE_CHAR = 24;

    static final int DATA_FLOAT = 0;
    static final int DATA_BFLOAT16 = 9;
    static final int CROSS_CORRELATION = 1;
    static final int HEUR_MODE_A = 3;
    static final int HEUR_MODE_B = 1;
    static final int HEUR_MODE_FALLBACK = 2;

    static final int CONVOLUTION_COMP_TYPE = 100;
    static final int CONVOLUTION_CONV_MODE = 101;
    static final int CONVOLUTION_DILATIONS = 102;
    static final int CONVOLUTION_FILTER_STRIDES = 103;
    static final int CONVOLUTION_POST_PADDINGS = 104;
    static final int CONVOLUTION_PRE_PADDINGS = 105;
    static final int CONVOLUTION_SPATIAL_DIMS = 106;
    static final int ENGINEHEUR_MODE = 200;
    static final int ENGINEHEUR_OPERATION_GRAPH = 201;
    static final int ENGINEHEUR_RESULTS = 202;
    static final int ENGINEHEUR_DEVICEPROP = 204;
    static final int ENGINECFG_ENGINE = 300;
    static final int ENGINECFG_KNOB_CHOICES = 302;
    static final int EXECUTION_PLAN_HANDLE = 400;
    static final int EXECUTION_PLAN_ENGINE_CONFIG = 401;
    static final int EXECUTION_PLAN_WORKSPACE_SIZE = 402;
    static final int EXECUTION_PLAN_JSON_REPRESENTATION = 405;
    static final int EXECUTION_PLAN_DEVICEPROP = 407;
    static final int KNOB_CHOICE_KNOB_TYPE = 600;
    static final int KNOB_CHOICE_KNOB_VALUE = 601;
    static final int OPERATIONGRAPH_HANDLE = 800;
    static final int OPERATIONGRAPH_OPS = 801;
    static final int TENSOR_BYTE_ALIGNMENT = 900;
    static final int TENSOR_DATA_TYPE = 901;
    static final int TENSOR_DIMENSIONS = 902;
    static final int TENSOR_STRIDES = 903;
    static final int TENSOR_UNIQUE_ID = 906;
    static final int VARIANT_PACK_UNIQUE_IDS = 1000;
    static final int VARIANT_PACK_DATA_POINTERS = 1001;
    static final int VARIANT_PACK_WORKSPACE = 1003;
    static final int ENGINE_GLOBAL_INDEX = 1301;
    static final int ENGINE_KNOB_INFO = 1302;
    static final int ENGINE_NUMERICAL_NOTE = 1303;
    static final int DEVICEPROP_JSON_REPRESENTATION = 2702;

    private DnnNames() {}
}
