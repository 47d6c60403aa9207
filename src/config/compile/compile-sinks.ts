import type {
  ClickhouseSink,
  LangsmithSink,
  Sink,
  SinkScope,
  WebhookSink,
} from "../../../gen/parlance/config/v1/sink_pb.js";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { sinkDefaults } from "../defaults.ts";
import { isHttp, notHttp } from "../http-url.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type {
  ClickhouseSettings,
  LangsmithSettings,
  SinkScopeSettings,
  SinkSettings,
  WebhookSettings,
} from "../settings.ts";
import { compileOtlp } from "./compile-otlp.ts";
import { compileParquet, compileS3 } from "./places/compile-file-sinks.ts";
import { compileKafka, compileNats } from "./places/compile-queue-sinks.ts";

/** Where records are sent to; what was reported is left out. `scope` is that of `sinks`. */
export function compileSinks(sinks: readonly Sink[], scope: ConfigScope): readonly SinkSettings[] {
  const places = new Map<string, string>();
  return sinks.flatMap((sink, at) => {
    const own = inElement(scope, at);
    const settings = compileSink(sink, own);
    if (settings === undefined) return [];
    const { name, spool } = settings;
    for (const [field, value] of [
      ["name", name],
      ["spool", spool && `spool ${spool.path}`],
    ] as const) {
      const other = value === undefined ? undefined : places.get(value);
      if (value !== undefined) places.set(value, own.path);
      if (other !== undefined)
        return (
          problem(inField(own, field), {
            message: `is that of ${other} too`,
            hint: "give each sink a name of its own",
            ruleId: "sink_unique",
          }) ?? []
        );
    }
    return settings;
  });
}

function compileSink(sink: Sink, scope: ConfigScope): SinkSettings | undefined {
  const to = compilePlace(sink, scope);
  if (to === undefined) return undefined;
  const name = sink.name || to.kind;
  const { spool, kind } = sink;
  const contentBytes = kind.case === "langsmith" ? (kind.value.contentBytes ?? 0) : 0;
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
    case "kafka":
      return compileKafka(kind.value, inField(scope, "kafka"));
    case "nats":
      return compileNats(kind.value, inField(scope, "nats"));
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

function compileWebhook(sink: WebhookSink, scope: ConfigScope): WebhookSettings | undefined {
  const url = resolveSecret(sink.url, inField(scope, "url"));
  if (url === undefined) return undefined;
  // What is looked up elsewhere, or later, is a text that stands for it.
  const isKnown = scope.sources.leaveOut === undefined || sink.url?.source.case === "value";
  if (isKnown && !isHttp(url.reveal())) return notHttp(scope, "https://example.com/calls");
  return {
    kind: "webhook",
    url,
    secret: resolveSecret(sink.secret, inField(scope, "secret")),
    authorization: resolveSecret(sink.authorization, inField(scope, "authorization")),
  };
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
