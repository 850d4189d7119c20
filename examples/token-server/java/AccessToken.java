import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** AccessToken 001: the token with which a user joins a room. Times are Unix seconds. */
public final class AccessToken {
    public static final int PUBLISH = 0;
    public static final int SUBSCRIBE = 4;

    /**
     * @param room {@code *} is every room
     * @param expiresAt 0 is never
     * @param privileges each with its own end; 0 is the token's end
     */
    public static String make(
            String appId, String appKey, String room, String user, long expiresAt, Map<Integer, Long> privileges) {
        long nonce = Integer.toUnsignedLong(new SecureRandom().nextInt());
        return make(appId, appKey, room, user, expiresAt, privileges, System.currentTimeMillis() / 1000, nonce);
    }

    static String make(
            String appId, String appKey, String room, String user, long expiresAt, Map<Integer, Long> privileges,
            long issuedAt, long nonce) {
        require(appId.matches("[a-zA-Z0-9]{24}"), "appId: 24 letters and digits");
        require(!appKey.isEmpty(), "appKey: it is empty");
        require(room.matches("\\*|[a-zA-Z0-9@_.-]{0,128}"), "room: at most 128 of a-z A-Z 0-9 @ _ - . or *");
        require(user.matches("[a-zA-Z0-9@_.-]{1,128}"), "user: 1 to 128 of a-z A-Z 0-9 @ _ - .");
        require(expiresAt == 0 || expiresAt > issuedAt, "expiresAt: a time to come, not a duration");

        SortedMap<Integer, Long> granted = new TreeMap<>(privileges);
        if (granted.containsKey(PUBLISH)) {
            // Publishing as a whole, then its audio, video and data.
            for (int key = 1; key <= 3; key++) {
                granted.putIfAbsent(key, granted.get(PUBLISH));
            }
        }
        byte[] roomBytes = room.getBytes(StandardCharsets.UTF_8);
        byte[] userBytes = user.getBytes(StandardCharsets.UTF_8);
        ByteBuffer message = littleEndian(18 + roomBytes.length + userBytes.length + 6 * granted.size());
        message.putInt(u32(nonce)).putInt(u32(issuedAt)).putInt(u32(expiresAt));
        message.putShort((short) roomBytes.length).put(roomBytes).putShort((short) userBytes.length).put(userBytes);
        message.putShort((short) granted.size());
        granted.forEach((key, end) -> message.putShort(key.shortValue()).putInt(u32(end)));

        byte[] signature = hmac(appKey, message.array());
        ByteBuffer content = littleEndian(2 + message.capacity() + 2 + signature.length);
        content.putShort((short) message.capacity()).put(message.array());
        content.putShort((short) signature.length).put(signature);
        return "001" + appId + Base64.getEncoder().encodeToString(content.array());
    }

    private static byte[] hmac(String key, byte[] message) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return mac.doFinal(message);
        } catch (GeneralSecurityException impossible) {
            // Every Java platform has HmacSHA256.
            throw new IllegalStateException(impossible);
        }
    }

    private static ByteBuffer littleEndian(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int u32(long number) {
        require(number >= 0 && number < 1L << 32, "times are Unix seconds, not milliseconds: " + number);
        return (int) number;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    public static void main(String[] arguments) {
        Map<Integer, Long> privileges = new HashMap<>();
        privileges.put(PUBLISH, 0L);
        privileges.put(SUBSCRIBE, 0L);
        System.out.println(make(
                System.getenv("MINIAPP_RTC_APP_ID"), System.getenv("MINIAPP_RTC_APP_KEY"),
                arguments[0], arguments[1], System.currentTimeMillis() / 1000 + 24 * 3600, privileges));
    }
}
