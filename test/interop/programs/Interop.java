import com.standardwebhooks.Webhook;
import java.net.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;

public class Interop {
  public static void main(String[] args) throws Exception {
    for (String line : Files.readString(Path.of(args[0])).trim().split("\n")) {
      String[] part = line.split("\t");
      String body = new String(Base64.getDecoder().decode(part[4]), "UTF-8");
      Webhook webhook = new Webhook(part[2]);
      HttpHeaders headers = HttpHeaders.of(
          Map.of(
              "webhook-id", List.of(part[0]),
              "webhook-timestamp", List.of(part[1]),
              "webhook-signature", List.of(part[3])),
          (name, value) -> true);
      String said = "ok";
      try {
        webhook.verify(body, headers);
      } catch (Exception refused) {
        said = "no";
      }
      System.out.println(said + "\t" + webhook.sign(part[0], Long.parseLong(part[1]), body));
    }
  }
}
