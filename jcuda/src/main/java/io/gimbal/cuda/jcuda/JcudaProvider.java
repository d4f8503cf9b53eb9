package io.gimbal.cuda.jcuda;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.BindingProvider;
import io.gimbal.cuda.LibrarySearch;
import java.util.List;

/** What the rest of Gimbal finds this binding by. */
public final class JcudaProvider implements BindingProvider {
    @Override
    public Binding ofGpu(LibrarySearch search) {
        return JcudaBinding.ofGpu(search);
    }

    @Override
    public Binding ofSoftware(List<LibrarySearch.Place> places) {
        return JcudaBinding.ofSoftware(places);
    }
}
