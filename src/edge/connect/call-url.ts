import type { Exchange } from "../http/exchange.ts";

/** The absolute URL of a call, as Connect's contexts show it. */
export function printCallUrl(exchange: Exchange): string {
  const query = exchange.query === "" ? "" : `?${exchange.query}`;
  return `${exchange.secure ? "https" : "http"}://${exchange.authority || "localhost"}${exchange.path}${query}`;
}
