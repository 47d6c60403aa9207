import type { Guard } from "../../../../gen/parlance/config/v1/guard_pb.js";
import type { WebhookGuard } from "../../../../gen/parlance/config/v1/guard_service_pb.js";
import { type ConfigScope, inField } from "../../config-scope.ts";
import type { GuardServiceSettings, WebhookGuardSettings } from "../../guard-service-settings.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import { checkServiceUrl } from "./service-url.ts";

/** The kinds of guards that ask a service. */
export type GuardServiceCheck = Extract<Guard["check"], { case: "webhook" }>;

/** Whether a guard asks a service. */
export function asksService(check: Guard["check"]): check is GuardServiceCheck {
  return check.case !== undefined && cases.has(check.case);
}

const cases: ReadonlySet<string> = new Set<GuardServiceCheck["case"]>(["webhook"]);

/**
 * The service that a guard asks, with its secrets looked up; undefined after a report. `scope` is
 * that of the guard.
 */
export function compileGuardService(
  check: GuardServiceCheck,
  scope: ConfigScope,
): GuardServiceSettings | undefined {
  switch (check.case) {
    case "webhook":
      return compileWebhook(check.value, inField(scope, "webhook"));
  }
}

function compileWebhook(guard: WebhookGuard, scope: ConfigScope): WebhookGuardSettings | undefined {
  const url = resolveSecret(guard.url, inField(scope, "url"));
  const secret = resolveSecret(guard.secret, inField(scope, "secret"));
  const authorization = resolveSecret(guard.authorization, inField(scope, "authorization"));
  if (url === undefined) return undefined;
  // What is looked up elsewhere, or later, is a text that stands for it.
  const isKnown = scope.sources.leaveOut === undefined || guard.url?.source.case === "value";
  if (isKnown && !checkServiceUrl(url.reveal(), scope, "https://guards.example.com/check"))
    return undefined;
  return { kind: "webhook", url, secret, authorization };
}
