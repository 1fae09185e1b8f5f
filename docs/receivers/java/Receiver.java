// Java 17 or later; pom.xml says how to run it.
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

public class Receiver {
  static final int BODY_BYTES_MAX = 1024 * 1024; // 256 KiB of data, escaped, and what is around it
  static final ObjectMapper JSON = new ObjectMapper();

  static final String[] SCHEMA = {
    "PRAGMA journal_mode = WAL",
    "PRAGMA busy_timeout = 5000",
    "CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    "CREATE INDEX IF NOT EXISTS seen_at ON seen (at)",
    "CREATE TRIGGER IF NOT EXISTS forget AFTER INSERT ON seen"
        + " BEGIN DELETE FROM seen WHERE at < datetime('now', '-7 days'); END",
    "CREATE TABLE IF NOT EXISTS records (record TEXT PRIMARY KEY, version INTEGER, event TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY, event TEXT NOT NULL)",
  };
  static final String SEE = "INSERT INTO seen (id) VALUES (?) ON CONFLICT DO NOTHING";
  static final String KEEP_NEWEST =
      """
      INSERT INTO records (record, version, event) VALUES (?, ?, ?)
      ON CONFLICT (record) DO UPDATE SET version = coalesce(excluded.version, version), event = excluded.event
      WHERE coalesce(excluded.version >= version, TRUE)""";

  interface Verifier {
    boolean isOurs(String body, Map<String, List<String>> headers);
  }

  static final List<Verifier> verifiers = new ArrayList<>();
  static Connection db;

  /** Your work, in the transaction. What is slow or leaves this database (a mail) becomes a job. */
  static void handle(JsonNode event, String text) throws SQLException {
    update("INSERT INTO jobs (event) VALUES (?)", text);
  }

  /** Each id once, and no version older than the record's: all of it is committed, or nothing. */
  static synchronized void take(String id, JsonNode event, String text) throws SQLException {
    String record = event.path("record").asText(id);
    Long version = event.hasNonNull("version") ? event.get("version").asLong() : null;
    update("BEGIN IMMEDIATE"); // by hand: with setAutoCommit(false) the driver locks the file even while nothing is done
    try {
      if (update(SEE, id) == 1 && update(KEEP_NEWEST, record, version, text) == 1) handle(event, text);
      update("COMMIT");
    } catch (SQLException | RuntimeException error) {
      update("ROLLBACK");
      throw error;
    }
  }

  static int update(String sql, Object... values) throws SQLException {
    try (var statement = db.prepareStatement(sql)) {
      for (int at = 0; at < values.length; at += 1) statement.setObject(at + 1, values[at]);
      return statement.executeUpdate();
    }
  }

  static Verifier v1(String secret) {
    var webhook = new Webhook(secret);
    return (body, headers) -> {
      try {
        webhook.verify(body, headers);
        return true;
      } catch (WebhookVerificationException | RuntimeException refused) {
        return false;
      }
    };
  }

  /** Ed25519 by hand: a signature is `v1a,` and base64, and signs `id.timestamp.body`. */
  static Verifier v1a(String secret) throws GeneralSecurityException {
    String spki = "302a300506032b6570032100" + HexFormat.of().formatHex(Base64.getDecoder().decode(secret.substring(5)));
    PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(HexFormat.of().parseHex(spki)));
    return (body, headers) -> {
      String at = first(headers, "webhook-timestamp");
      byte[] signed = (first(headers, "webhook-id") + "." + at + "." + body).getBytes(StandardCharsets.UTF_8);
      for (String one : first(headers, "webhook-signature").split(" ")) {
        if (one.startsWith("v1a,") && isSigned(key, signed, one.substring(4))) return isRecent(at);
      }
      return false;
    };
  }

  static boolean isSigned(PublicKey key, byte[] signed, String signature) {
    try {
      var verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(signed);
      return verifier.verify(Base64.getDecoder().decode(signature));
    } catch (GeneralSecurityException | IllegalArgumentException malformed) {
      return false;
    }
  }

  static boolean isRecent(String at) {
    try {
      return Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(at)) <= 300;
    } catch (NumberFormatException malformed) {
      return false;
    }
  }

  static String first(Map<String, List<String>> headers, String name) {
    return HttpHeaders.of(headers, (a, b) -> true).firstValue(name).orElse("");
  }

  static int status(HttpExchange exchange) throws Exception {
    byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
    if (!exchange.getRequestMethod().equals("POST")) return 405;
    if (body.length > BODY_BYTES_MAX) return 413;
    var headers = exchange.getRequestHeaders();
    for (String name : List.of("webhook-id", "webhook-timestamp", "webhook-signature")) {
      if (first(headers, name).isEmpty()) return 400;
    }
    String text = new String(body, StandardCharsets.UTF_8);
    if (verifiers.stream().noneMatch(verifier -> verifier.isOurs(text, headers))) return 401;
    JsonNode event;
    try {
      event = JSON.readTree(text);
    } catch (JsonProcessingException malformed) {
      return 400;
    }
    if (!event.path("type").isTextual()) return 400;
    take(first(headers, "webhook-id"), event, text);
    return 204;
  }

  public static void main(String[] args) throws Exception {
    // The server closes idle connections after 30 s unless told; doing so while an event is on its way costs a retry.
    System.setProperty("sun.net.httpserver.idleInterval", "75");
    // whsec_… or whpk_…; during a rotation both secrets, with a space between them
    for (String secret : System.getenv("WEBHOOK_SECRET").split(" ")) {
      verifiers.add(secret.startsWith("whpk_") ? v1a(secret) : v1(secret));
    }
    db = DriverManager.getConnection(
        "jdbc:sqlite:" + System.getenv().getOrDefault("DATABASE", "receiver.db"));
    for (String statement : SCHEMA) {
      try (var made = db.createStatement()) {
        made.execute(statement);
      }
    }
    var server = HttpServer.create(new InetSocketAddress(Integer.parseInt(System.getenv().getOrDefault("PORT", "9000"))), 0);
    server.createContext("/hook", exchange -> {
      try (exchange) {
        int status;
        try {
          status = status(exchange);
        } catch (Exception failure) {
          failure.printStackTrace();
          status = 500; // it comes again
        }
        exchange.sendResponseHeaders(status, -1);
      }
    });
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.start();
  }
}
