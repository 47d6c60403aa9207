import type { WebhookSettings } from "../../config/settings.ts";
import type { Place } from "../sink.ts";
import { callJson } from "./call-json.ts";
import { post } from "./post.ts";
import { webhookSignature } from "./webhook-signature.ts";

/** A web service that takes records; requests are signed as https://www.standardwebhooks.com says. */
export function webhookPlace(settings: WebhookSettings, wallMs: () => number): Place {
  const { url, secret, authorization } = settings;
  return {
    send(rows, signal) {
      const body = `{"calls":[${rows.map(callJson).join(",")}]}`;
      const headers = {
        "content-type": "application/json",
        ...(authorization === undefined ? undefined : { authorization: authorization.reveal() }),
        ...(secret && webhookSignature(body, secret.reveal(), wallMs())),
      };
      return post(url.reveal(), headers, body, signal);
    },
  };
}
