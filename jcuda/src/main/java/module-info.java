import io.gimbal.cuda.BindingProvider;
import io.gimbal.cuda.jcuda.JcudaProvider;

/** Gimbal over JCuda, for programs that share its contexts, streams and memory. */
module io.gimbal.jcuda {
    requires io.gimbal;
    requires transitive jcuda;
    requires jcublas;
    requires jcudnn;

    exports io.gimbal.cuda.jcuda;

    provides BindingProvider with JcudaProvider;
}
