import type { BigquerySettings } from "../../config/sink-settings.ts";
import { isObject, parseJson } from "../../json/json.ts";
import { createUpstream } from "../../upstream/client.ts";
import { fetchGoogleToken } from "../../upstream/credentials/credential-google.ts";
import { createExpiringValue } from "../../upstream/credentials/expiring-value.ts";
import type { Token } from "../../upstream/credentials/token.ts";
import type { Place, SendFailure } from "../sink.ts";
import { bigqueryRow } from "./bigquery-row.ts";
import { post } from "./post.ts";

/**
 * A table of BigQuery, whose rows are streamed:
 * https://cloud.google.com/bigquery/docs/streaming-data-into-bigquery It drops most of those that
 * come again within a minute, by the id of the call. Rows that the table does not take are refused;
 * others of their request are inserted.
 */
export function bigqueryPlace(settings: BigquerySettings, wallMs: () => number): Place {
  const { url, project, dataset, table, tokens } = settings;
  const path = `projects/${project}/datasets/${dataset}/tables/${table}/insertAll`;
  const upstream = createUpstream({ connections: 1 });
  const client = { provider: "bigquery", upstream, nowMs: wallMs };
  const current = createExpiringValue(() => fetchGoogleToken(tokens, client), { now: wallMs });
  return {
    async send(rows, signal) {
      const token = await current.get().catch(() => undefined);
      if (token === undefined) return { why: "no token of Google could be had", again: true };
      const body = JSON.stringify({
        skipInvalidRows: true,
        ignoreUnknownValues: true,
        rows: rows.map((row) => ({ insertId: row.callId, json: bigqueryRow(row) })),
      });
      const failure = await post(`${url}/bigquery/v2/${path}`, headersOf(token), body, signal, {
        again: (status) => status !== 400 && status !== 413,
        read: refusalOf,
      });
      if (failure?.why === "HTTP status 401") current.forget(token);
      return failure;
    },
    close: () => upstream.destroy(),
  };
}

function headersOf({ value, headers = [] }: Token): Record<string, string> {
  const all: Record<string, string> = {
    "content-type": "application/json",
    authorization: `Bearer ${value}`,
  };
  for (let at = 0; at + 1 < headers.length; at += 2) all[headers[at] ?? ""] = headers[at + 1] ?? "";
  return all;
}

/** Rows that are refused are named by their number; a row may have several errors. */
function refusalOf(body: Uint8Array): SendFailure | undefined {
  const parsed = parseJson(body);
  const errors = parsed.ok && isObject(parsed.value) ? parsed.value.insertErrors : undefined;
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  const refused = new Set(errors.map((error) => (isObject(error) ? error.index : undefined)));
  return { why: "the table does not take them", again: false, count: refused.size };
}
