/** Gimbal over JCuda, for programs that share its contexts, streams and memory. */
module io.gimbal.jcuda {
    requires io.gimbal;
    requires transitive jcuda;
    requires jcublas;
    requires jcudnn;

    exports io.gimbal.cuda.jcuda;

    provides io.gimbal.cuda.BindingProvider with io.gimbal.cuda.jcuda.JcudaProvider;
}
