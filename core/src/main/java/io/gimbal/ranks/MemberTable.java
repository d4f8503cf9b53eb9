package io.gimbal.ranks;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** All ranks, as rank 0 tells the others once they have met. */
final class MemberTable {
    private static final int MOST_HOST_BYTES = 255;

    private MemberTable() {}

    static byte[] encode(List<Member> members) {
        List<byte[]> hosts = members.stream().map(member -> host(member.host())).toList();
        ByteBuffer table = ByteBuffer.allocate(hosts.stream().mapToInt(host -> Long.BYTES + 1 + host.length).sum());
        for (int rank = 0; rank < members.size(); rank++) {
            byte[] host = hosts.get(rank);
            table.putLong(members.get(rank).pid()).put((byte) host.length).put(host);
        }
        return table.array();
    }

    private static byte[] host(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= MOST_HOST_BYTES ? bytes : "?".getBytes(StandardCharsets.UTF_8);
    }

    /** The same again. */
    static List<Member> decode(byte[] bytes) {
        ByteBuffer table = ByteBuffer.wrap(bytes);
        List<Member> members = new ArrayList<>();
        while (table.hasRemaining()) {
            long pid = table.getLong();
            byte[] host = new byte[Byte.toUnsignedInt(table.get())];
            table.get(host);
            members.add(new Member(members.size(), Sentence.decode(host), pid));
        }
        return List.copyOf(members);
    }
}
