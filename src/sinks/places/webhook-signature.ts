import { createHash, createHmac } from "node:crypto";

/**
 * The headers that sign a request as https://www.standardwebhooks.com says. `secret` is any text,
 * or `whsec_` and base64; `nowMs` the time in milliseconds since 1970. The id is the same when the
 * same body is sent again.
 */
export function webhookSignature(
  body: string,
  secret: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  const id = `msg_${createHash("sha256").update(body).digest("hex").slice(0, 32)}`;
  const time = String(Math.floor(nowMs / 1000));
  const signature = createHmac("sha256", keyOf(secret))
    .update(`${id}.${time}.${body}`)
    .digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": time,
    "webhook-signature": `v1,${signature}`,
  };
}

function keyOf(secret: string): Buffer {
  const prefix = "whsec_";
  return secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), "base64")
    : Buffer.from(secret);
}
