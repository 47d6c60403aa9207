import {
  AlertEvent,
  type Alerts,
  type EmailSink,
  type PagerdutySink,
  type SlackSink,
  SpendPeriod,
} from "../../../../gen/parlance/config/v1/alert_pb.js";
import type { Sink } from "../../../../gen/parlance/config/v1/sink_pb.js";
import { durationMs } from "../../../core/time/duration-ms.ts";
import { isTimeZone } from "../../../core/time/time-zone.ts";
import type {
  AlertSettings,
  AlertSinkSettings,
  EmailSettings,
  PagerdutySettings,
  SlackSettings,
} from "../../alert-settings.ts";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { alertDefaults } from "../../defaults.ts";
import { isHttp, notHttp } from "../../http-url.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import { compileSecretUrl, compileWebhook, isKnown } from "./compile-webhook.ts";

/** Whether a sink gets alerts, and no records of calls. */
export function takesAlerts({ kind, events }: Sink): boolean {
  if (kind.case === "webhook") return events.length > 0;
  return kind.case === "slack" || kind.case === "email" || kind.case === "pagerduty";
}

/** A sink of alerts; undefined after a report. `scope` is that of the sink. */
export function compileAlertSink(
  sink: Sink,
  { hasDatabase, scope }: { readonly hasDatabase: boolean; readonly scope: ConfigScope },
): AlertSinkSettings | undefined {
  for (const field of ["samplePercent", "only", "spool"] as const)
    if (sink[field] !== undefined) return ofRecords(scope, field);
  if (sink.omit.length > 0) return ofRecords(scope, "omit");
  if (sink.events.includes(AlertEvent.SPEND_REPORT) && !hasDatabase)
    return problem(inField(scope, "events"), {
      message: "SPEND_REPORT is made of the ledger, which no database keeps",
      hint: "leave it out, or set store to sqlite or postgres",
      ruleId: "alert_store",
    });
  const to = compilePlace(sink, scope);
  if (to === undefined) return undefined;
  return {
    name: sink.name || to.kind,
    events: new Set(sink.events.length > 0 ? sink.events : usualEvents(to.kind, hasDatabase)),
    to,
  };
}

function ofRecords(scope: ConfigScope, field: "samplePercent" | "only" | "spool" | "omit") {
  return problem(inField(scope, field === "samplePercent" ? "sample_percent" : field), {
    message: "is a setting of records of calls, and this sink gets alerts",
    hint: "leave it out",
    ruleId: "alert_sink",
  });
}

/** All; nobody is paged for a report. */
function usualEvents(kind: AlertSinkSettings["to"]["kind"], hasDatabase: boolean) {
  const reports = hasDatabase && kind !== "pagerduty";
  const all = Object.values(AlertEvent).filter((event) => typeof event === "number");
  return all.filter(
    (event) => event !== AlertEvent.UNSPECIFIED && (reports || event !== AlertEvent.SPEND_REPORT),
  );
}

function compilePlace({ kind }: Sink, scope: ConfigScope): AlertSinkSettings["to"] | undefined {
  if (kind.case === "slack") return compileSlack(kind.value, inField(scope, "slack"));
  if (kind.case === "email") return compileEmail(kind.value, inField(scope, "email"));
  if (kind.case === "pagerduty") return compilePagerduty(kind.value, inField(scope, "pagerduty"));
  if (kind.case === "webhook") return compileWebhook(kind.value, inField(scope, "webhook"));
  return undefined;
}

function compileSlack(sink: SlackSink, scope: ConfigScope): SlackSettings | undefined {
  const url = compileSecretUrl(sink.url, scope, "https://hooks.slack.com/services/...");
  return url && { kind: "slack", url };
}

function compileEmail(sink: EmailSink, scope: ConfigScope): EmailSettings | undefined {
  const url = resolveSecret(sink.url, inField(scope, "url"));
  if (url === undefined) return undefined;
  const protocol = URL.parse(url.reveal())?.protocol ?? "";
  if (isKnown(sink.url, scope) && !/^smtps?:$/.test(protocol))
    return problem(inField(scope, "url"), {
      message: "is not an smtp or smtps URL",
      hint: "write it as smtp://user:password@mail.example.com:587",
      ruleId: "smtp_url",
    });
  const { sender, to } = sink;
  return { kind: "email", url, sender, to };
}

function compilePagerduty(sink: PagerdutySink, scope: ConfigScope): PagerdutySettings | undefined {
  const routingKey = resolveSecret(sink.routingKey, inField(scope, "routing_key"));
  const url = sink.url || alertDefaults.pagerdutyUrl;
  if (!isHttp(url)) return notHttp(scope, alertDefaults.pagerdutyUrl);
  return routingKey && { kind: "pagerduty", routingKey, url };
}

/** When people are told of what. `scope` is that of `alerts`. */
export function compileAlerts(
  alerts: Alerts | undefined,
  sinks: readonly AlertSinkSettings[],
  scope: ConfigScope,
): AlertSettings {
  const { errorRate, slow, spendReport, settleTime } = alerts ?? {};
  const timeZone = spendReport?.timeZone ?? "";
  if (!isTimeZone(timeZone))
    problem(inField(inField(scope, "spend_report"), "time_zone"), {
      message: "is no time zone",
      hint: "write its IANA name, such as Europe/Berlin",
      ruleId: "time_zone",
    });
  return {
    sinks,
    errorRate: { ...alertDefaults.errorRate, ...windowOf(errorRate) },
    slow: {
      ...alertDefaults.slow,
      ...windowOf(slow),
      ...member("firstTokenMs", durationMs(slow?.firstToken)),
      ...member("durationMs", durationMs(slow?.duration)),
    },
    spendReport: { every: spendReport?.every || SpendPeriod.DAY, timeZone },
    settleMs: durationMs(settleTime) ?? alertDefaults.settleMs,
  };
}

function windowOf(settings: Alerts["errorRate"] | Alerts["slow"]) {
  return {
    ...member("percent", settings?.percent),
    ...member("minCalls", settings?.minCalls),
    ...member("windowMs", durationMs(settings?.window)),
  };
}

function member<Name extends string>(name: Name, value: number | undefined) {
  return value === undefined ? undefined : { [name]: value };
}
