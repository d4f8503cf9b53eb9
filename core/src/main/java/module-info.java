/**
 * Balanced multi-task training and prediction on NVIDIA GPUs. What programs call is exported to all; the rest, to
 * Gimbal's own modules alone.
 */
@SuppressWarnings("module") // The modules that packages are exported to come later.
module io.gimbal {
    requires io.gimbal.shaded;
    requires static io.jhdf;
    requires java.desktop;
    requires java.management;

    exports io.gimbal.balance;
    exports io.gimbal.config;
    exports io.gimbal.data;
    exports io.gimbal.device;
    exports io.gimbal.drawing;
    exports io.gimbal.engine;
    exports io.gimbal.export;
    exports io.gimbal.graph;
    exports io.gimbal.loss;
    exports io.gimbal.measure;
    exports io.gimbal.metric;
    exports io.gimbal.model;
    exports io.gimbal.nn;
    exports io.gimbal.optimizer;
    exports io.gimbal.predict;
    exports io.gimbal.program;
    exports io.gimbal.report;
    exports io.gimbal.source;
    exports io.gimbal.train;

    exports io.gimbal.checkpoint to io.gimbal.cli;
    exports io.gimbal.cuda to io.gimbal.cli, io.gimbal.jcuda, io.gimbal.softcuda;
    exports io.gimbal.cuda.panama to io.gimbal.jcuda;
    exports io.gimbal.dnn to io.gimbal.cli;
    exports io.gimbal.experiment to io.gimbal.cli;
    exports io.gimbal.page to io.gimbal.cli;
    exports io.gimbal.picture to io.gimbal.cli;
    exports io.gimbal.ranks to io.gimbal.cli, io.gimbal.spark;
    exports io.gimbal.replay to io.gimbal.cli;
    exports io.gimbal.run to io.gimbal.cli, io.gimbal.spark;
    exports io.gimbal.storage to io.gimbal.cli;
    exports io.gimbal.survey to io.gimbal.cli;

    uses io.gimbal.cuda.BindingProvider;
    uses io.gimbal.cuda.SoftwareProvider;
}
