package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.cuda.CudaException;
import io.gimbal.train.DivergedException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Tells why a command failed: a sentence with what to do, and a stack trace for a defect of Gimbal alone. */
final class Failures {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private Failures() {}

    /** Tells it, and returns the exit code. */
    static int tell(Throwable failure, PrintWriter err) {
        Optional<String> sentence = sentence(failure);
        if (sentence.isPresent()) {
            err.println("gimbal: " + sentence.get());
        } else {
            err.println("gimbal: a defect of Gimbal, please report it with this:");
            failure.printStackTrace(err);
        }
        return failure instanceof UserException ? USAGE : FAILED;
    }

    private static Optional<String> sentence(Throwable failure) {
        return Optional.ofNullable(switch (failure) {
            case UserException user -> user.getMessage();
            case DivergedException diverged -> diverged.getMessage();
            case CudaException cuda -> cuda.getMessage();
            case IllegalStateException state -> state.getMessage();
            case UncheckedIOException unreadable -> unreadable.getMessage();
            case OutOfMemoryError memory -> lack(memory);
            case StackOverflowError overflow -> "a thread's stack is full. Give threads more, " + byOption("-Xss8m")
                    + "; should that not help, it is a defect of Gimbal, please report it.";
            case ExceptionInInitializerError initializer -> initializer.getCause() == null ? null
                    : sentence(initializer.getCause()).orElse(null);
            case UnsatisfiedLinkError library -> "a native library cannot be used: " + library.getMessage();
            case LinkageError changed -> "a part of Gimbal's program cannot be loaded (" + changed.getMessage()
                    + "). If Gimbal was built or unpacked anew while it ran, start again, a training with --resume; "
                    + "else build it anew, or unpack it anew.";
            case InternalError fault when aboutMappedMemory(fault) -> "a file became shorter, or its disk failed, "
                    + "while it was read. Files of a run or of the data must not be changed while Gimbal reads them.";
            default -> null;
        });
    }

    /** What there is too little of: the virtual machine says so in these words. */
    static String lack(OutOfMemoryError failure) {
        String said = String.valueOf(failure.getMessage());
        if (said.contains("native thread")) {
            return "the system gives Gimbal no further thread. See the limits on processes and threads: 'ulimit -u', "
                    + "and a container's (pids).";
        }
        if (said.contains("direct buffer memory")) {
            return "there is too little memory outside the Java heap for the batches (" + said + "). Give it more, "
                    + byOption("-XX:MaxDirectMemorySize=4g") + ", or let training need less: a smaller data.batch.";
        }
        if (said.contains("Metaspace") || said.contains("class space")) {
            return "there is too little memory for the program's classes (" + said
                    + "). Leave out the option that limits it, -XX:MaxMetaspaceSize or -XX:CompressedClassSpaceSize.";
        }
        if (said.contains("heap space") || said.contains("GC overhead") || said.equals("null")) {
            return "the Java heap is full; it may have " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB. Give it more, " + byOption("-Xmx4g")
                    + ", or let the work need less: a smaller data.batch, smaller images or a smaller network.";
        }
        return "there is too little memory (" + said + ").";
    }

    private static String byOption(String option) {
        return "for instance by GIMBAL_JAVA_OPTIONS=" + option + " for the launcher ('java " + option + "' without it)";
    }

    private static boolean aboutMappedMemory(InternalError fault) {
        return fault.getMessage() != null && fault.getMessage().contains("unsafe memory access");
    }
}
