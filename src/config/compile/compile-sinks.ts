import type { LangsmithSink, Sink } from "../../../gen/parlance/config/v1/sink_pb.js";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { sinkDefaults } from "../defaults.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type { SinkSettings } from "../settings.ts";

/** Where records are sent to; what was reported is left out. `scope` is that of `sinks`. */
export function compileSinks(sinks: readonly Sink[], scope: ConfigScope): readonly SinkSettings[] {
  return sinks.flatMap(({ kind }, at) =>
    kind.case === "langsmith"
      ? (compileLangsmith(kind.value, inField(inElement(scope, at), "langsmith")) ?? [])
      : [],
  );
}

function compileLangsmith(sink: LangsmithSink, scope: ConfigScope): SinkSettings | undefined {
  const apiKey = resolveSecret(sink.apiKey, inField(scope, "api_key"));
  const url = (sink.url || sinkDefaults.langsmithUrl).replace(/\/+$/, "");
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return problem(inField(scope, "url"), {
      message: "is not an http or https URL",
      hint: `write it as ${sinkDefaults.langsmithUrl}`,
      ruleId: "sink_url",
    });
  if (apiKey === undefined) return undefined;
  return { kind: "langsmith", url, project: sink.project || sinkDefaults.langsmithProject, apiKey };
}
