/**
 * Receivers that verify, to paste, by language; filled with the endpoint's names. Each verifies the
 * bytes as they arrived and refuses what is older than five minutes (Standard Webhooks). The
 * official library where there is one that is kept, else the language's own HMAC.
 * `test/dashboard/verification.test.ts` runs those whose language is installed.
 */
export type Snippet = { language: string; code: string };

/**
 * `variable`: the variable of the receiver's environment that holds the secret. `path`: of the
 * endpoint's address.
 */
export function snippetsFor({ variable, path: given }: { variable: string; path: string }): readonly Snippet[] {
  // All else that would end a string of these languages is encoded in the path of a URL.
  const path = given.replaceAll("'", '%27');
  return [
    { language: 'Node', code: node(variable, path) },
    { language: 'Python', code: python(variable) },
    { language: 'Go', code: go(variable, path) },
    { language: 'Java', code: java(variable, path) },
    { language: 'Ruby', code: ruby(variable) },
    { language: 'PHP', code: php(variable) },
  ];
}

/** `CRM (Berlin)` keeps its secret in CRM_BERLIN_WEBHOOK_SECRET. */
export function variableOf(name: string): string {
  const word = name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 40);
  return /^[A-Z]/.test(word) ? `${word}_WEBHOOK_SECRET` : 'WEBHOOK_SECRET';
}

function node(variable: string, path: string): string {
  return `// npm install standardwebhooks
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.${variable});

createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '${path}') return response.writeHead(404).end();
  const body = await buffer(request);
  try {
    const event = webhook.verify(body, request.headers);
    console.log(event.type, event.record, event.data);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
}).listen(process.env.PORT ?? 9000);
`;
}

function python(variable: string): string {
  return `# pip install standardwebhooks
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from standardwebhooks.webhooks import Webhook

webhook = Webhook(os.environ["${variable}"])

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, {k.lower(): v for k, v in self.headers.items()})
            print(event["type"], event["record"], event["data"], flush=True)
            self.send_response(204)
        except Exception:
            self.send_response(401)
        self.end_headers()

HTTPServer(("", int(os.environ.get("PORT", 9000))), Receiver).serve_forever()
`;
}

function go(variable: string, path: string): string {
  return `// go get github.com/standard-webhooks/standard-webhooks/libraries
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	webhook, err := webhooks.NewWebhook(os.Getenv("${variable}"))
	if err != nil {
		panic(err)
	}
	http.HandleFunc("POST ${path}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhook.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Println(string(body))
		w.WriteHeader(http.StatusNoContent)
	})
	http.ListenAndServe(":9000", nil)
}
`;
}

function java(variable: string, path: string): string {
  return `import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Receiver {
  static boolean isOurs(String id, String time, String signatures, byte[] body) throws Exception {
    if (id == null || time == null || signatures == null) return false;
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(time)) > 300) return false;
    byte[] key = Base64.getDecoder().decode(System.getenv("${variable}").substring("whsec_".length()));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update((id + "." + time + ".").getBytes());
    byte[] wanted = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes();
    for (String one : signatures.split(" "))
      if (MessageDigest.isEqual(one.getBytes(), wanted)) return true;
    return false;
  }

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "9000"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.createContext("${path}", exchange -> {
      int status = 401;
      try {
        byte[] body = exchange.getRequestBody().readAllBytes();
        var h = exchange.getRequestHeaders();
        if (isOurs(h.getFirst("webhook-id"), h.getFirst("webhook-timestamp"), h.getFirst("webhook-signature"), body)) {
          System.out.println(new String(body, "UTF-8"));
          status = 204;
        }
      } catch (Exception e) {
        status = 401;
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    });
    server.start();
  }
}
`;
}

function ruby(variable: string): string {
  return `# In any Rack application: run it with rackup.
require "json"
require "openssl"
require "base64"

def ours?(id, time, signatures, body)
  return false if id.nil? || time.nil? || signatures.nil? || (Time.now.to_i - time.to_i).abs > 300
  key = Base64.decode64(ENV.fetch("${variable}").delete_prefix("whsec_"))
  wanted = "v1," + Base64.strict_encode64(OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{time}.#{body}"))
  signatures.split(" ").any? { |one| one.bytesize == wanted.bytesize && OpenSSL.fixed_length_secure_compare(one, wanted) }
end

RECEIVER = lambda do |env|
  body = env["rack.input"].read
  headers = %w[ID TIMESTAMP SIGNATURE].map { |name| env["HTTP_WEBHOOK_#{name}"] }
  next [401, {}, []] unless ours?(*headers, body)
  event = JSON.parse(body)
  puts [event["type"], event["record"], event["data"]].inspect
  [204, {}, []]
end
`;
}

function php(variable: string): string {
  return `<?php
function is_ours(?string $id, ?string $time, ?string $signatures, string $body): bool {
    if ($id === null || $time === null || $signatures === null || abs(time() - (int) $time) > 300) return false;
    $key = base64_decode(substr(getenv('${variable}'), strlen('whsec_')));
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
    foreach (explode(' ', $signatures) as $one) {
        if (hash_equals($wanted, $one)) return true;
    }
    return false;
}

$body = file_get_contents('php://input');
$header = fn (string $name) => $_SERVER["HTTP_WEBHOOK_$name"] ?? null;
if (!is_ours($header('ID'), $header('TIMESTAMP'), $header('SIGNATURE'), $body)) {
    http_response_code(401);
    exit;
}
$event = json_decode($body, true, 512, JSON_BIGINT_AS_STRING);
error_log($event['type'] . ' ' . $event['record']);
http_response_code(204);
`;
}
