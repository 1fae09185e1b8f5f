"""Python 3.9 or later, behind your web server. pip install standardwebhooks cryptography (for v1a)"""

import base64
import json
import os
import sqlite3
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

BODY_BYTES_MAX = 1024 * 1024  # 256 KiB of data, escaped, and what is around it

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TRIGGER IF NOT EXISTS forget AFTER INSERT ON seen
  BEGIN DELETE FROM seen WHERE at < datetime('now', '-7 days'); END;
CREATE TABLE IF NOT EXISTS records (record TEXT PRIMARY KEY, version INTEGER, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY, event TEXT NOT NULL);
"""
SEE = "INSERT INTO seen (id) VALUES (?) ON CONFLICT DO NOTHING"
KEEP_NEWEST = """
INSERT INTO records (record, version, event) VALUES (?, ?, ?)
ON CONFLICT (record) DO UPDATE SET version = coalesce(excluded.version, version), event = excluded.event
WHERE coalesce(excluded.version >= version, TRUE)
"""


def connect():
    # No implicit transactions: `take` begins its own.
    return closing(sqlite3.connect(os.environ.get("DATABASE", "receiver.db"), timeout=5, isolation_level=None))


def handle(db, event, text):
    """Your work, in the transaction. What is slow or leaves this database (a mail) becomes a job."""
    db.execute("INSERT INTO jobs (event) VALUES (?)", (text,))


def take(webhook_id, event, text):
    """Each id once, and no version older than the record's: all of it is committed, or nothing."""
    record = event.get("record") or webhook_id
    with connect() as db:
        db.execute("BEGIN IMMEDIATE")  # closing without COMMIT rolls back
        if db.execute(SEE, (webhook_id,)).rowcount == 1:
            if db.execute(KEEP_NEWEST, (record, event.get("version"), text)).rowcount == 1:
                handle(db, event, text)
        db.execute("COMMIT")


def v1(secret):
    webhook = Webhook(secret)

    def is_ours(body, headers):
        try:
            webhook.verify(body, headers, json_parse=False)
            return True
        except Exception:  # not only WebhookVerificationError: also what a malformed signature or body raises
            return False

    return is_ours


def v1a(secret):
    """Ed25519 by hand: a signature is `v1a,` and base64, and signs `id.timestamp.body`."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(secret[5:]))

    def is_signed(body, headers, signature):
        try:
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            key.verify(base64.b64decode(signature), signed)
            return abs(time.time() - int(headers["webhook-timestamp"])) <= 300
        except Exception:  # InvalidSignature, or ValueError for what is no base64 or no number
            return False

    def is_ours(body, headers):
        signatures = headers["webhook-signature"].split(" ")
        return any(is_signed(body, headers, one[4:]) for one in signatures if one.startswith("v1a,"))

    return is_ours


# whsec_… or whpk_…; during a rotation both secrets, with a space between them
VERIFIERS = [v1a(one) if one.startswith("whpk_") else v1(one) for one in os.environ["WEBHOOK_SECRET"].split(" ")]


def receive(headers, body):
    if not all(headers.get(f"webhook-{name}") for name in ("id", "timestamp", "signature")):
        return 400
    if not any(is_ours(body, headers) for is_ours in VERIFIERS):
        return 401
    try:
        text = body.decode()
        event = json.loads(text)
    except ValueError:
        return 400
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return 400
    take(headers["webhook-id"], event, text)
    return 204


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    timeout = 75  # closing one while an event is on its way costs a retry

    def do_POST(self):
        try:
            status = self.status()
        except Exception as error:
            self.log_error("%r", error)
            status = 500  # it comes again
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def status(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            return 411
        if int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            return 413
        body = self.rfile.read(int(length))
        if self.path != "/hook":
            return 404
        return receive({name.lower(): value for name, value in self.headers.items()}, body)


if __name__ == "__main__":
    with connect() as db:
        db.executescript(SCHEMA)
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "9000"))), Hook).serve_forever()
