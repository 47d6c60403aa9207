import type { AlertEvent, SpendPeriod } from "../../gen/parlance/config/v1/alert_pb.js";
import type { SecretValue } from "./secret-value.ts";

/** Who is told of what, and when. Times are in milliseconds, shares of calls from 0 to 100. */
export interface AlertSettings {
  readonly sinks: readonly AlertSinkSettings[];
  readonly errorRate: AlertWindow;
  /** Calls are slow from these on: their first token, or their end. */
  readonly slow: AlertWindow & { readonly firstTokenMs: number; readonly durationMs: number };
  readonly spendReport: { readonly every: SpendPeriod; readonly timeZone: string };
  /** How long something has to be over before that is told. */
  readonly settleMs: number;
}

/** Which calls of a model count, how many there have to be, and how many of 100 may be bad. */
export interface AlertWindow {
  readonly percent: number;
  readonly windowMs: number;
  readonly minCalls: number;
}

/** A place that people are told at. */
export interface AlertSinkSettings {
  /** Unlike that of any other sink. */
  readonly name: string;
  readonly events: ReadonlySet<AlertEvent>;
  readonly to: SlackSettings | EmailSettings | PagerdutySettings | WebhookSettings;
}

/** A channel, by an incoming webhook. */
export interface SlackSettings {
  readonly kind: "slack";
  readonly url: SecretValue;
}

/** Mail by SMTP. */
export interface EmailSettings {
  readonly kind: "email";
  readonly url: SecretValue;
  readonly sender: string;
  readonly to: readonly string[];
}

/** A service of PagerDuty. */
export interface PagerdutySettings {
  readonly kind: "pagerduty";
  readonly routingKey: SecretValue;
  readonly url: string;
}

/** A web service that takes records or alerts by POST. */
export interface WebhookSettings {
  readonly kind: "webhook";
  readonly url: SecretValue;
  /** Signs requests. Undefined: they are not signed. */
  readonly secret: SecretValue | undefined;
  readonly authorization: SecretValue | undefined;
}
