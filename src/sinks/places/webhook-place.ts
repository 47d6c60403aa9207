import { createHash, createHmac } from "node:crypto";
import type { WebhookSettings } from "../../config/settings.ts";
import type { Place } from "../sink.ts";
import { callJson } from "./call-json.ts";
import { post } from "./post.ts";

/** A web service that takes records; requests are signed as https://www.standardwebhooks.com says. */
export function webhookPlace(settings: WebhookSettings, wallMs: () => number): Place {
  const { url, secret, authorization } = settings;
  return {
    send(rows, signal) {
      const body = `{"calls":[${rows.map(callJson).join(",")}]}`;
      const headers = {
        "content-type": "application/json",
        ...(authorization === undefined ? undefined : { authorization: authorization.reveal() }),
        ...(secret && signatureOf(body, keyOf(secret.reveal()), wallMs())),
      };
      return post(url.reveal(), headers, body, signal);
    },
  };
}

/** The id is the same when the same records are sent again. */
function signatureOf(body: string, key: Buffer, nowMs: number): Record<string, string> {
  const id = `msg_${createHash("sha256").update(body).digest("hex").slice(0, 32)}`;
  const time = String(Math.floor(nowMs / 1000));
  const signature = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64");
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
