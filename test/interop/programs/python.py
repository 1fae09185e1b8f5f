import base64
import sys
from datetime import datetime, timezone

from standardwebhooks.webhooks import Webhook

for line in open(sys.argv[1], encoding="utf-8").read().strip().split("\n"):
    id, seconds, secret, signature, encoded = line.split("\t")
    body = base64.b64decode(encoded).decode()
    webhook = Webhook(secret)
    try:
        webhook.verify(
            body, {"webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signature}
        )
        said = "ok"
    except Exception:
        said = "no"
    at = datetime.fromtimestamp(int(seconds), tz=timezone.utc)
    print(f"{said}\t{webhook.sign(id, at, body)}")
