import type {
  ClickhouseSink,
  LangsmithSink,
  Sink,
  SinkScope,
} from "../../../../gen/parlance/config/v1/sink_pb.js";
import type { AlertSinkSettings } from "../../alert-settings.ts";
import { type ConfigScope, inElement, inField, problem } from "../../config-scope.ts";
import { type FilledConfig, sinkDefaults } from "../../defaults.ts";
import { isHttp, notHttp } from "../../http-url.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import type {
  ClickhouseSettings,
  LangsmithSettings,
  Settings,
  SinkScopeSettings,
  SinkSettings,
} from "../../settings.ts";
import { compileAlertSink, compileAlerts, takesAlerts } from "../places/compile-alerts.ts";
import { compileBigquery } from "../places/compile-bigquery.ts";
import { compileParquet, compileS3 } from "../places/compile-file-sinks.ts";
import { compileDatadog, compileLangfuse } from "../places/compile-observers.ts";
import { compileKafka, compileNats } from "../places/compile-queue-sinks.ts";
import { compileWebhook } from "../places/compile-webhook.ts";
import { compileOtlp } from "./compile-otlp.ts";

/**
 * Where records and alerts are sent to; what was reported is left out. `scope` is that of
 * `observe`.
 */
export function compileSinks(
  { observe, store }: Pick<FilledConfig, "observe" | "store">,
  scope: ConfigScope,
): Pick<Settings, "sinks" | "alerts"> {
  const hasDatabase = store.kind.case !== "memory";
  const places = new Map<string, string>();
  const sinks: SinkSettings[] = [];
  const alertSinks: AlertSinkSettings[] = [];
  for (const [at, sink] of observe.sinks.entries()) {
    const own = inElement(inField(scope, "sinks"), at);
    if (takesAlerts(sink)) {
      const settings = compileAlertSink(sink, { hasDatabase, scope: own });
      if (settings !== undefined && isUnique(settings, places, own)) alertSinks.push(settings);
    } else {
      const settings = compileSink(sink, own);
      if (settings !== undefined && isUnique(settings, places, own)) sinks.push(settings);
    }
  }
  return { sinks, alerts: compileAlerts(observe.alerts, alertSinks, inField(scope, "alerts")) };
}

/** Whether no sink before it has its name or its folder; else it is reported. */
function isUnique(
  { name, spool }: Pick<SinkSettings, "name"> & Partial<Pick<SinkSettings, "spool">>,
  places: Map<string, string>,
  scope: ConfigScope,
): boolean {
  for (const [field, value] of [
    ["name", name],
    ["spool", spool && `spool ${spool.path}`],
  ] as const) {
    const other = value === undefined ? undefined : places.get(value);
    if (value !== undefined) places.set(value, scope.path);
    if (other === undefined) continue;
    problem(inField(scope, field), {
      message: `is that of ${other} too`,
      hint: "give each sink a name of its own",
      ruleId: "sink_unique",
    });
    return false;
  }
  return true;
}

function compileSink(sink: Sink, scope: ConfigScope): SinkSettings | undefined {
  const to = compilePlace(sink, scope);
  if (to === undefined) return undefined;
  const name = sink.name || to.kind;
  const { spool, kind } = sink;
  const contentBytes = contentBytesOf(kind);
  if (sink.events.length > 0)
    return problem(inField(scope, "events"), {
      message: `a sink of kind ${to.kind} gets records of calls and no alerts`,
      hint: "leave it out, or have alerts sent to slack, email, pagerduty or webhook",
      ruleId: "sink_events",
    });
  if (spool !== undefined && contentBytes > 0)
    return problem(inField(scope, "spool"), {
      message: "would write what is said in calls to disk, which is never done",
      hint: "leave out spool, or content_bytes",
      ruleId: "sink_content",
    });
  return {
    name,
    samplePercent: sink.samplePercent ?? sinkDefaults.samplePercent,
    only: compileScope(sink.only),
    omit: sink.omit,
    contentBytes,
    spool: spool && {
      path: spool.path || `${sinkDefaults.spoolFolder}/${name.replaceAll(/[^\w.-]/g, "_")}`,
      maxBytes: spool.maxBytes ?? sinkDefaults.spoolBytes,
    },
    to,
  };
}

function contentBytesOf(kind: Sink["kind"]): number {
  const hasContent =
    kind.case === "langsmith" || kind.case === "langfuse" || kind.case === "datadog";
  return hasContent ? (kind.value.contentBytes ?? 0) : 0;
}

/** Undefined: all calls are sent. */
function compileScope(only: SinkScope | undefined): SinkScopeSettings | undefined {
  if (only === undefined) return undefined;
  const { organizations, teams, keys } = only;
  return {
    organizations: new Set(organizations),
    teams: new Set(teams),
    keys: new Set(keys),
  };
}

function compilePlace({ kind }: Sink, scope: ConfigScope): SinkSettings["to"] | undefined {
  switch (kind.case) {
    case "langsmith":
      return compileLangsmith(kind.value, inField(scope, "langsmith"));
    case "langfuse":
      return compileLangfuse(kind.value, inField(scope, "langfuse"));
    case "datadog":
      return compileDatadog(kind.value, inField(scope, "datadog"));
    case "jsonl":
      return { kind: "jsonl", dir: kind.value.dir };
    case "webhook":
      return compileWebhook(kind.value, inField(scope, "webhook"));
    case "clickhouse":
      return compileClickhouse(kind.value, inField(scope, "clickhouse"));
    case "parquet":
      return compileParquet(kind.value);
    case "otlp": {
      const otlp = compileOtlp(kind.value, "logs", inField(scope, "otlp"));
      return otlp && { kind: "otlp", ...otlp };
    }
    case "s3":
      return compileS3(kind.value, inField(scope, "s3"));
    case "bigquery":
      return compileBigquery(kind.value, inField(scope, "bigquery"));
    case "kafka":
      return compileKafka(kind.value, inField(scope, "kafka"));
    case "nats":
      return compileNats(kind.value, inField(scope, "nats"));
    case "slack":
    case "email":
    case "pagerduty":
    case undefined:
      return undefined;
  }
}

function compileLangsmith(sink: LangsmithSink, scope: ConfigScope): LangsmithSettings | undefined {
  const apiKey = resolveSecret(sink.apiKey, inField(scope, "api_key"));
  const url = (sink.url || sinkDefaults.langsmithUrl).replace(/\/+$/, "");
  if (!isHttp(url)) return notHttp(scope, sinkDefaults.langsmithUrl);
  if (apiKey === undefined) return undefined;
  const project = sink.project || sinkDefaults.langsmithProject;
  return { kind: "langsmith", url, project, apiKey };
}

function compileClickhouse(
  sink: ClickhouseSink,
  scope: ConfigScope,
): ClickhouseSettings | undefined {
  const { database, table, user } = sinkDefaults.clickhouse;
  if (!isHttp(sink.url)) return notHttp(scope, "http://127.0.0.1:8123");
  return {
    kind: "clickhouse",
    url: sink.url,
    database: sink.database || database,
    table: sink.table || table,
    user: sink.user || user,
    password: resolveSecret(sink.password, inField(scope, "password")),
  };
}
