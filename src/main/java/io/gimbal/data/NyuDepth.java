package io.gimbal.data;
public final class NyuDepth {
  static final double FOCAL_X=518.8579, FOCAL_Y=519.46961; static final int WIDTH=640, HEIGHT=480;
  public static final java.util.List<String> CLASS_NAMES = Pixels.CLASSES;
}
