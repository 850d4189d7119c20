import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** Reads claims, one line each, and writes a token or why there is none. */
final class Drive {
    public static void main(String[] arguments) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] fields = line.split(" ");
            Map<Integer, Long> privileges = new HashMap<>();
            for (String pair : fields[5].split(",")) {
                String[] halves = pair.split(":");
                privileges.put(Integer.valueOf(halves[0]), Long.valueOf(halves[1]));
            }
            try {
                System.out.println(AccessToken.make(
                        text(fields[0]), text(fields[1]), text(fields[2]), text(fields[3]),
                        Long.parseLong(fields[4]), privileges, Long.parseLong(fields[6]), Long.parseLong(fields[7])));
            } catch (IllegalArgumentException refusal) {
                System.out.println("refused: " + refusal.getMessage());
            }
        }
    }

    private static String text(String field) {
        return new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8);
    }
}
