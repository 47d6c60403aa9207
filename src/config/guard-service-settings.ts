import type { SecretValue } from "./secret-value.ts";

/** A service that a guard asks, with its secrets looked up. */
export type GuardServiceSettings = WebhookGuardSettings;

/** A web service of the user's own. */
export interface WebhookGuardSettings {
  readonly kind: "webhook";
  readonly url: SecretValue;
  /** Signs requests. Undefined: they are not signed. */
  readonly secret: SecretValue | undefined;
  /** The value of the header of that name. Undefined: none is sent. */
  readonly authorization: SecretValue | undefined;
}
