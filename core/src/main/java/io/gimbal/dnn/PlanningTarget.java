package io.gimbal.dnn;

import static io.gimbal.cuda.DnnNames.*;

import io.gimbal.cuda.Dnn;

/**
 * The device that cuDNN plans for: the one at hand, by a handle, or one that is only described, by its properties. One
 * of the two is 0.
 */
record PlanningTarget(long handle, long properties) {
    static PlanningTarget atHand(long handle) {
        return new PlanningTarget(handle, 0);
    }

    /** @param properties a finalized descriptor, which must outlive whatever is planned */
    static PlanningTarget described(long properties) {
        return new PlanningTarget(0, properties);
    }

    void ofGraph(Dnn dnn, long graph) {
        if (handle != 0) {
            dnn.setAttribute(graph, OPERATIONGRAPH_HANDLE, TYPE_HANDLE, handle);
        }
    }

    void ofHeuristics(Dnn dnn, long heuristics) {
        if (properties != 0) {
            dnn.setAttribute(heuristics, ENGINEHEUR_DEVICEPROP, TYPE_BACKEND_DESCRIPTOR, properties);
        }
    }

    void ofPlan(Dnn dnn, long plan) {
        if (handle != 0) {
            dnn.setAttribute(plan, EXECUTION_PLAN_HANDLE, TYPE_HANDLE, handle);
        } else {
            dnn.setAttribute(plan, EXECUTION_PLAN_DEVICEPROP, TYPE_BACKEND_DESCRIPTOR, properties);
        }
    }
}
