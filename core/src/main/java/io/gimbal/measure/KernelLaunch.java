package io.gimbal.measure;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.Dim3;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a kernel is launched. Immutable.
 *
 * @param grid        blocks
 * @param block       threads of a block
 * @param sharedBytes of shared memory that the launch sizes
 */
public record KernelLaunch(Dim3 grid, Dim3 block, int sharedBytes) {
    private static final int DIRECTIONS = 3;
    private static final String NUMBER = "\\d{1,10}";
    private static final Pattern SHARE = Pattern.compile("ceil\\(\\s*(" + NUMBER + ")\\s*/\\s*(block|" + NUMBER
            + ")\\s*\\)");

    /**
     * Reads a launch.
     *
     * @param grid   one to three extents, with x between: each a number, ceil(N/M), or ceil(N/block), where block is
     *               the block's extent in that direction
     * @param block  one to three numbers, with x between
     * @param shared a number
     * @return the launch
     * @throws UserException if one is not written so
     */
    public static KernelLaunch parse(String grid, String block, String shared) {
        List<Integer> threads = new ArrayList<>();
        for (String extent : block.split("x", -1)) {
            threads.add(number("A block", block, extent.strip()));
        }
        List<Integer> blocks = new ArrayList<>();
        for (String extent : grid.split("x", -1)) {
            int direction = blocks.size();
            blocks.add(extent(grid, extent.strip(), direction < threads.size() ? threads.get(direction) : 1));
        }
        if (!shared.strip().matches("\\d{1,7}")) {
            throw new UserException("Shared memory of " + Names.quote(shared) + " bytes: write a whole number.");
        }
        return new KernelLaunch(dim3("A grid", grid, blocks), dim3("A block", block, threads),
                Integer.parseInt(shared.strip()));
    }

    private static Dim3 dim3(String what, String text, List<Integer> extents) {
        if (extents.size() > DIRECTIONS) {
            throw new UserException(what + " of " + Names.quote(text) + ": there are at most 3 directions, x, y and "
                    + "z.");
        }
        return new Dim3(extents.get(0), extents.size() > 1 ? extents.get(1) : 1, extents.size() > 2 ? extents.get(2)
                : 1);
    }

    private static int extent(String grid, String text, int block) {
        Matcher share = SHARE.matcher(text);
        if (!share.matches()) {
            return number("A grid", grid, text);
        }
        long whole = number("A grid", grid, share.group(1));
        long part = share.group(2).equals("block") ? block : number("A grid", grid, share.group(2));
        return (int) ((whole + part - 1) / part);
    }

    private static int number(String what, String text, String extent) {
        long number = extent.matches(NUMBER) ? Long.parseLong(extent) : 0;
        if (number < 1 || number > Integer.MAX_VALUE) {
            throw new UserException(what + " of " + Names.quote(text) + ": write whole numbers from 1 to 2147483647 "
                    + "with x between, such as 32x8" + (what.endsWith("grid") ? ", or ceil(N/block) in a number's place"
                    : "")
                    + ".");
        }
        return (int) number;
    }

    @Override
    public String toString() {
        return "grid " + grid + ", block " + block + (sharedBytes > 0 ? ", " + sharedBytes + " bytes shared" : "");
    }
}
