/** SHA-256 of a text in UTF-8: 32 bytes. Ids, addresses and fingerprints are made of it. */
export async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}

const encoder = new TextEncoder();
