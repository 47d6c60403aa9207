import type { WebhookSink } from "../../../../gen/parlance/config/v1/sink_pb.js";
import type { WebhookSettings } from "../../alert-settings.ts";
import { type ConfigScope, inField } from "../../config-scope.ts";
import { isHttp, notHttp } from "../../http-url.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import type { SecretValue } from "../../secret-value.ts";

/** A web service that takes records or alerts; undefined after a report. */
export function compileWebhook(sink: WebhookSink, scope: ConfigScope): WebhookSettings | undefined {
  const url = compileSecretUrl(sink.url, scope, "https://example.com/calls");
  if (url === undefined) return undefined;
  return {
    kind: "webhook",
    url,
    secret: resolveSecret(sink.secret, inField(scope, "secret")),
    authorization: resolveSecret(sink.authorization, inField(scope, "authorization")),
  };
}

/** The field `url` of a scope, which is an http or https URL and a secret; else it is reported. */
export function compileSecretUrl(
  secret: WebhookSink["url"],
  scope: ConfigScope,
  example: string,
): SecretValue | undefined {
  const url = resolveSecret(secret, inField(scope, "url"));
  if (url === undefined) return undefined;
  return isKnown(secret, scope) && !isHttp(url.reveal()) ? notHttp(scope, example) : url;
}

/** What is looked up elsewhere, or later, is a text that stands for it. */
export function isKnown(secret: WebhookSink["url"], { sources }: ConfigScope): boolean {
  return sources.leaveOut === undefined || secret?.source.case === "value";
}
