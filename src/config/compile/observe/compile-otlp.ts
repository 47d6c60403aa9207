import { OtlpProtocol, type OtlpReceiver } from "../../../../gen/parlance/config/v1/otlp_pb.js";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { isHttp, notHttp } from "../../http-url.ts";
import { resolveSecret, trimmedEnv } from "../../resolve-secret.ts";
import { createSecretValue, type SecretValue } from "../../secret-value.ts";
import type { OtlpSettings } from "../../settings.ts";

/** What is sent, as the path of OTLP has it. */
type Signal = "traces" | "metrics" | "logs";

const example = "http://127.0.0.1:4318";

/**
 * Where something is sent to by OTLP: as the config says, and for what it leaves out as the
 * environment does, by the names that OpenTelemetry's programs have for it. Undefined: it was
 * reported. https://opentelemetry.io/docs/specs/otel/protocol/exporter/ (2026-11)
 */
export function compileOtlp(
  receiver: Pick<OtlpReceiver, "url" | "protocol" | "headers" | "resource">,
  signal: Signal,
  scope: ConfigScope,
): OtlpSettings | undefined {
  const isOwn = receiver.url !== "";
  const protocol = protocolOf(receiver, scope);
  if (protocol === undefined) return undefined;
  const found = isOwn ? { url: receiver.url, whole: false } : urlOfEnv(signal, scope);
  if (found === undefined) return undefined;
  const { url, whole } = found;
  if (!isHttp(url)) return notHttp(scope, example);
  const path = protocol === "grpc" || whole ? "" : `/v1/${signal}`;
  return {
    url: `${path === "" ? url : url.replace(/\/+$/, "")}${path}`,
    protocol,
    headers: headersOf(receiver, scope),
    resource: resourceOf(receiver.resource, scope),
  };
}

/** A variable of OTLP by the end of its name; "" where it is not set, or is nobody's business. */
export function otlpVariable({ sources }: ConfigScope, name: string): string {
  return sources.leaveOut === undefined
    ? trimmedEnv(sources.env, `OTEL_EXPORTER_OTLP_${name}`)
    : "";
}

/** Of the variable for one signal the path is whole. */
function urlOfEnv(
  signal: Signal,
  scope: ConfigScope,
): { readonly url: string; readonly whole: boolean } | undefined {
  const { leaveOut } = scope.sources;
  if (leaveOut !== undefined) {
    leaveOut(inField(scope, "url").path);
    return { url: example, whole: false };
  }
  const own = otlpVariable(scope, `${signal.toUpperCase()}_ENDPOINT`);
  const url = own || otlpVariable(scope, "ENDPOINT");
  if (url !== "") return { url, whole: own !== "" };
  return problem(inField(scope, "url"), {
    message: "is missing, and OTEL_EXPORTER_OTLP_ENDPOINT is not set",
    hint: `write it as ${example}`,
    ruleId: "otlp_url",
  });
}

const protocols: Readonly<Record<string, OtlpSettings["protocol"]>> = {
  "": "http",
  "http/protobuf": "http",
  grpc: "grpc",
};

function protocolOf(
  { protocol, url }: Pick<OtlpReceiver, "protocol" | "url">,
  scope: ConfigScope,
): OtlpSettings["protocol"] | undefined {
  if (protocol === OtlpProtocol.GRPC) return "grpc";
  if (protocol === OtlpProtocol.HTTP_PROTOBUF || url !== "") return "http";
  const known = protocols[otlpVariable(scope, "PROTOCOL")];
  if (known !== undefined) return known;
  return problem(inField(scope, "protocol"), {
    message: "is by OTEL_EXPORTER_OTLP_PROTOCOL one that is not spoken",
    hint: "set it to http/protobuf or grpc, or write protocol here",
    ruleId: "otlp_protocol",
  });
}

/** Those of the environment are for the collector that it names, and go to no other. */
function headersOf(
  { headers, url }: Pick<OtlpReceiver, "headers" | "url">,
  scope: ConfigScope,
): ReadonlyMap<string, SecretValue> {
  const values = new Map<string, SecretValue>();
  const named = Object.entries(headers);
  if (named.length === 0 && url === "")
    for (const [name, value] of pairsOf(otlpVariable(scope, "HEADERS")))
      values.set(name.toLowerCase(), createSecretValue(value));
  for (const [name, secret] of named) {
    const value = resolveSecret(secret, inField(inField(scope, "headers"), name));
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

function resourceOf(
  configured: Readonly<Record<string, string>>,
  { sources }: ConfigScope,
): ReadonlyMap<string, string> {
  const env = sources.leaveOut === undefined ? sources.env : {};
  const name = trimmedEnv(env, "OTEL_SERVICE_NAME");
  return new Map([
    ...pairsOf(trimmedEnv(env, "OTEL_RESOURCE_ATTRIBUTES")),
    ...(name === "" ? [] : [["service.name", name] as const]),
    ...Object.entries(configured),
  ]);
}

/** Pairs as the variables have them: `name=value,name=value`, with values percent-encoded. */
function* pairsOf(text: string): Generator<readonly [name: string, value: string]> {
  for (const pair of text.split(",")) {
    const end = pair.indexOf("=");
    const name = pair.slice(0, Math.max(0, end)).trim();
    if (name !== "") yield [name, decoded(pair.slice(end + 1).trim())];
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
