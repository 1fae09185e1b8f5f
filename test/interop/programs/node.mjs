import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

for (const line of readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
  const [id, seconds, secret, signature, encoded] = line.split('\t');
  const body = Buffer.from(encoded, 'base64').toString();
  const webhook = new Webhook(secret);
  let said = 'ok';
  try {
    webhook.verify(body, { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature });
  } catch {
    said = 'no';
  }
  console.log(`${said}\t${webhook.sign(id, new Date(Number(seconds) * 1_000), body)}`);
}
