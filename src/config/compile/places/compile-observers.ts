import type { DatadogSink, LangfuseSink } from "../../../../gen/parlance/config/v1/sink_pb.js";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { observerDefaults } from "../../defaults.ts";
import { isHttp, notHttp } from "../../http-url.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import type { DatadogSettings, LangfuseSettings } from "../../settings.ts";

/** A project of Langfuse; undefined after a report. */
export function compileLangfuse(
  sink: LangfuseSink,
  scope: ConfigScope,
): LangfuseSettings | undefined {
  const publicKey = resolveSecret(sink.publicKey, inField(scope, "public_key"));
  const secretKey = resolveSecret(sink.secretKey, inField(scope, "secret_key"));
  const url = withoutSlash(sink.url || observerDefaults.langfuseUrl);
  if (!isHttp(url)) return notHttp(scope, observerDefaults.langfuseUrl);
  return publicKey && secretKey && { kind: "langfuse", url, publicKey, secretKey };
}

/** An account of Datadog; undefined after a report. */
export function compileDatadog(sink: DatadogSink, scope: ConfigScope): DatadogSettings | undefined {
  const { logs = true, llm = true, tags } = sink;
  const apiKey = resolveSecret(sink.apiKey, inField(scope, "api_key"));
  if (sink.url !== "" && !isHttp(sink.url)) return notHttp(scope, "https://proxy.example.com");
  if (!logs && !llm)
    return problem(inField(scope, "llm"), {
      message: "leaves nothing to send beside logs: false",
      hint: "leave out logs or llm",
      ruleId: "datadog_nothing",
    });
  const site = sink.site || observerDefaults.datadogSite;
  const [ofLogs, ofSpans] = sink.url
    ? [withoutSlash(sink.url), withoutSlash(sink.url)]
    : [`https://http-intake.logs.${site}`, `https://api.${site}`];
  return (
    apiKey && {
      kind: "datadog",
      apiKey,
      service: sink.service || observerDefaults.service,
      tags,
      logsUrl: logs ? `${ofLogs}/api/v2/logs` : undefined,
      spansUrl: llm ? `${ofSpans}/api/intake/llm-obs/v1/trace/spans` : undefined,
    }
  );
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
