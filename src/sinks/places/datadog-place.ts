import type { DatadogSettings } from "../../config/settings.ts";
import type { NameProvider } from "../otlp/conventions.ts";
import type { Place, SendFailure, SinkRow } from "../sink.ts";
import { datadogLog, datadogSpan } from "./datadog-call.ts";
import { post } from "./post.ts";

/** Bytes of one request: both APIs take some 5 MB. */
const maxBytes = 3_000_000;

/**
 * An account of Datadog. Where one of its APIs fails both are sent the calls again, which have the
 * same ids then.
 */
export function datadogPlace(settings: DatadogSettings, nameProvider: NameProvider): Place {
  const { apiKey, service, logsUrl, spansUrl } = settings;
  const send = async (
    url: string | undefined,
    parts: readonly string[],
    wrap: (joined: string) => string,
    signal: AbortSignal,
  ): Promise<SendFailure | undefined> => {
    if (url === undefined) return undefined;
    const headers = { "content-type": "application/json", "dd-api-key": apiKey.reveal() };
    for (const joined of portionsOf(parts)) {
      const failure = await post(url, headers, wrap(joined), signal);
      if (failure !== undefined) return failure;
    }
    return undefined;
  };
  const head = JSON.stringify({ ml_app: service, tags: settings.tags }).slice(0, -1);
  const span = (row: SinkRow) => JSON.stringify(datadogSpan(row, settings, nameProvider));
  return {
    async send(rows, signal) {
      const spans = spansUrl === undefined ? [] : rows.map(span);
      const wrap = (joined: string) =>
        `{"data":{"type":"span","attributes":${head},"spans":[${joined}]}}}`;
      const failure = await send(spansUrl, spans, wrap, signal);
      if (failure !== undefined) return failure;
      const logs = logsUrl === undefined ? [] : rows.map((row) => datadogLog(row, settings));
      return send(logsUrl, logs, (joined) => `[${joined}]`, signal);
    },
  };
}

/** Parts joined by commas, as many at once as one request has. */
function portionsOf(parts: readonly string[]): readonly string[] {
  const portions: string[][] = [];
  let bytes = maxBytes;
  for (const part of parts) {
    bytes += Buffer.byteLength(part) + 1;
    const last = portions.at(-1);
    if (last !== undefined && bytes <= maxBytes) last.push(part);
    else {
      portions.push([part]);
      bytes = Buffer.byteLength(part);
    }
  }
  return portions.map((portion) => portion.join(","));
}
