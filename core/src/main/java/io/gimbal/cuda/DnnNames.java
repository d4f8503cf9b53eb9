package io.gimbal.cuda;

/**
 * The numbers of {@code cudnn_graph.h} that convolution graphs need, by the names that they have there without the
 * prefix.
 */
public final class DnnNames {
    public static final int TENSOR_DESCRIPTOR = 17;
    public static final int CONVOLUTION_DESCRIPTOR = 1;
    public static final int OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR = 10;
    public static final int OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR = 11;
    public static final int OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR = 12;
    public static final int OPERATIONGRAPH_DESCRIPTOR = 15;
    public static final int ENGINE_DESCRIPTOR = 2;
    public static final int ENGINECFG_DESCRIPTOR = 3;
    public static final int ENGINEHEUR_DESCRIPTOR = 4;
    public static final int EXECUTION_PLAN_DESCRIPTOR = 5;
    public static final int KNOB_CHOICE_DESCRIPTOR = 7;
    public static final int VARIANT_PACK_DESCRIPTOR = 16;
    public static final int DEVICEPROP_DESCRIPTOR = 38;

    public static final int TYPE_HANDLE = 0;
    public static final int TYPE_DATA_TYPE = 1;
    public static final int TYPE_INT64 = 3;
    public static final int TYPE_FLOAT = 4;
    public static final int TYPE_VOID_PTR = 6;
    public static final int TYPE_CONVOLUTION_MODE = 7;
    public static final int TYPE_HEUR_MODE = 8;
    public static final int TYPE_KNOB_TYPE = 9;
    public static final int TYPE_NUMERICAL_NOTE = 11;
    public static final int TYPE_BACKEND_DESCRIPTOR = 15;
    public static final int TYPE_CHAR = 24;

    public static final int DATA_FLOAT = 0;
    public static final int DATA_BFLOAT16 = 9;
    public static final int CROSS_CORRELATION = 1;
    public static final int HEUR_MODE_A = 3;
    public static final int HEUR_MODE_B = 1;
    public static final int HEUR_MODE_FALLBACK = 2;

    public static final int CONVOLUTION_COMP_TYPE = 100;
    public static final int CONVOLUTION_CONV_MODE = 101;
    public static final int CONVOLUTION_DILATIONS = 102;
    public static final int CONVOLUTION_FILTER_STRIDES = 103;
    public static final int CONVOLUTION_POST_PADDINGS = 104;
    public static final int CONVOLUTION_PRE_PADDINGS = 105;
    public static final int CONVOLUTION_SPATIAL_DIMS = 106;
    public static final int ENGINEHEUR_MODE = 200;
    public static final int ENGINEHEUR_OPERATION_GRAPH = 201;
    public static final int ENGINEHEUR_RESULTS = 202;
    public static final int ENGINEHEUR_DEVICEPROP = 204;
    public static final int ENGINECFG_ENGINE = 300;
    public static final int ENGINECFG_KNOB_CHOICES = 302;
    public static final int EXECUTION_PLAN_HANDLE = 400;
    public static final int EXECUTION_PLAN_ENGINE_CONFIG = 401;
    public static final int EXECUTION_PLAN_WORKSPACE_SIZE = 402;
    public static final int EXECUTION_PLAN_JSON_REPRESENTATION = 405;
    public static final int EXECUTION_PLAN_DEVICEPROP = 407;
    public static final int KNOB_CHOICE_KNOB_TYPE = 600;
    public static final int KNOB_CHOICE_KNOB_VALUE = 601;
    public static final int OPERATION_CONVOLUTION_FORWARD_ALPHA = 700;
    public static final int OPERATION_CONVOLUTION_FORWARD_BETA = 701;
    public static final int OPERATION_CONVOLUTION_FORWARD_CONV_DESC = 702;
    public static final int OPERATION_CONVOLUTION_FORWARD_W = 703;
    public static final int OPERATION_CONVOLUTION_FORWARD_X = 704;
    public static final int OPERATION_CONVOLUTION_FORWARD_Y = 705;
    public static final int OPERATION_CONVOLUTION_BWD_DATA_ALPHA = 706;
    public static final int OPERATION_CONVOLUTION_BWD_DATA_BETA = 707;
    public static final int OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC = 708;
    public static final int OPERATION_CONVOLUTION_BWD_DATA_W = 709;
    public static final int OPERATION_CONVOLUTION_BWD_DATA_DX = 710;
    public static final int OPERATION_CONVOLUTION_BWD_DATA_DY = 711;
    public static final int OPERATION_CONVOLUTION_BWD_FILTER_ALPHA = 712;
    public static final int OPERATION_CONVOLUTION_BWD_FILTER_BETA = 713;
    public static final int OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC = 714;
    public static final int OPERATION_CONVOLUTION_BWD_FILTER_DW = 715;
    public static final int OPERATION_CONVOLUTION_BWD_FILTER_X = 716;
    public static final int OPERATION_CONVOLUTION_BWD_FILTER_DY = 717;
    public static final int OPERATIONGRAPH_HANDLE = 800;
    public static final int OPERATIONGRAPH_OPS = 801;
    public static final int TENSOR_BYTE_ALIGNMENT = 900;
    public static final int TENSOR_DATA_TYPE = 901;
    public static final int TENSOR_DIMENSIONS = 902;
    public static final int TENSOR_STRIDES = 903;
    public static final int TENSOR_UNIQUE_ID = 906;
    public static final int VARIANT_PACK_UNIQUE_IDS = 1000;
    public static final int VARIANT_PACK_DATA_POINTERS = 1001;
    public static final int VARIANT_PACK_WORKSPACE = 1003;
    public static final int ENGINE_GLOBAL_INDEX = 1301;
    public static final int ENGINE_KNOB_INFO = 1302;
    public static final int ENGINE_NUMERICAL_NOTE = 1303;
    public static final int DEVICEPROP_JSON_REPRESENTATION = 2702;

    private DnnNames() {}
}
