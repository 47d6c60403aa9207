import type { ClickhouseSettings } from "../../config/settings.ts";
import type { Place } from "../sink.ts";
import { callJson } from "./call-json.ts";
import { post } from "./post.ts";

/**
 * A table of ClickHouse, by its HTTP interface: https://clickhouse.com/docs/interfaces/http
 * Fields that the table has no column for are skipped, so that it may have fewer.
 */
export function clickhousePlace(settings: ClickhouseSettings): Place {
  const { url, database, table, user, password } = settings;
  const address = new URL(url);
  address.searchParams.set("query", `INSERT INTO ${database}.${table} FORMAT JSONEachRow`);
  address.searchParams.set("input_format_skip_unknown_fields", "1");
  address.searchParams.set("date_time_input_format", "best_effort");
  return {
    send(rows, signal) {
      const headers = {
        "content-type": "application/x-ndjson",
        "x-clickhouse-user": user,
        ...(password === undefined ? undefined : { "x-clickhouse-key": password.reveal() }),
      };
      return post(address.href, headers, rows.map(callJson).join("\n"), signal);
    },
  };
}
