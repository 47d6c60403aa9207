import type { Fault } from "../../core/faults/fault.ts";
import {
  arrayAt,
  asBuffer,
  intAt,
  isObject,
  type JsonObject,
  parseJson,
  stringAt,
} from "../../json/json.ts";

/** Reads an error reply by the rules of the dialect inside. */
type InnerError = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
) => Fault;

/**
 * An error reply: `{ errors: [{ code, message }], trace, status_code }`, read as the one of
 * OpenAI's that it stands for. Others, such as those of hosts in front, are read as they are. See
 * https://cloud.ibm.com/apidocs/watsonx-ai#error-handling.
 */
export function decodeError(inner: InnerError): InnerError {
  return (status, headers, body) => {
    const parsed = parseJson(body);
    const first = parsed.ok && isObject(parsed.value) ? firstError(parsed.value) : undefined;
    const trace = parsed.ok && isObject(parsed.value) ? stringAt(parsed.value, "trace") : undefined;
    const fault = inner(
      status,
      headers,
      first === undefined ? body : asBuffer(Buffer.from(JSON.stringify(first))),
    );
    return trace === undefined || trace === ""
      ? fault
      : { ...fault, upstreamRequestId: trace.slice(0, 1024) };
  };
}

/**
 * The failure that a reply or a frame reports in place of an answer; undefined where it reports
 * none.
 */
export function decodeErrorObject(inner: InnerError): (json: JsonObject) => Fault | undefined {
  return (json) => {
    const first = firstError(json);
    if (first === undefined) return undefined;
    return inner(intAt(json, "status_code") ?? 0, {}, Buffer.from(JSON.stringify(first)));
  };
}

function firstError(json: JsonObject): { readonly error: object } | undefined {
  const [first] = arrayAt(json, "errors") ?? [];
  if (!isObject(first)) return undefined;
  return {
    error: { message: stringAt(first, "message") ?? "", code: stringAt(first, "code") ?? "" },
  };
}
