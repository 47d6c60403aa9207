import type { WebhookSettings } from "../../config/alert-settings.ts";
import type { Place } from "../sink.ts";
import { post } from "./post.ts";
import { webhookSignature } from "./webhook-signature.ts";

/**
 * A web service that takes rows as `print` writes them; requests are signed as
 * https://www.standardwebhooks.com says.
 */
export function webhookPlace<Row>(
  settings: WebhookSettings,
  wallMs: () => number,
  print: (rows: readonly Row[]) => string,
): Place<Row> {
  const { url, secret, authorization } = settings;
  return {
    send(rows, signal) {
      const body = print(rows);
      const headers = {
        "content-type": "application/json",
        ...(authorization === undefined ? undefined : { authorization: authorization.reveal() }),
        ...(secret && webhookSignature(body, secret.reveal(), wallMs())),
      };
      return post(url.reveal(), headers, body, signal);
    },
  };
}
