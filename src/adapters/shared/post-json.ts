import type { WireRequest } from "../../core/wire-request.ts";

/** A POST of a JSON body. `headers`: flat name, value, beside its media type. */
export function postJson(
  path: string,
  body: Uint8Array | string,
  headers: readonly string[] = [],
): WireRequest {
  return { method: "POST", path, headers: ["content-type", "application/json", ...headers], body };
}
