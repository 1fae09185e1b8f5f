use base64::{engine::general_purpose::STANDARD, Engine};
use http::HeaderMap;
use standardwebhooks::Webhook;

fn main() {
    let file = std::env::args().nth(1).expect("a file");
    let text = std::fs::read_to_string(file).expect("the cases");
    for line in text.trim().lines() {
        let part: Vec<&str> = line.split('\t').collect();
        let body = STANDARD.decode(part[4]).expect("base64");
        let webhook = Webhook::new(part[2]).expect("a secret");
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", part[0].parse().unwrap());
        headers.insert("webhook-timestamp", part[1].parse().unwrap());
        headers.insert("webhook-signature", part[3].parse().unwrap());
        let said = if webhook.verify(&body, &headers).is_ok() { "ok" } else { "no" };
        let seconds: i64 = part[1].parse().unwrap();
        println!("{said}\t{}", webhook.sign(part[0], seconds, &body).expect("a signature"));
    }
}
