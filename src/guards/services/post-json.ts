import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { type Json, parseJson } from "../../json/json.ts";
import type { ServicePost, ServiceSigning } from "./ports.ts";

/** A question to a service in JSON. */
export interface JsonQuestion {
  readonly url: string;
  /** Beside `content-type`; in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
  /** Absent: it is not signed. */
  readonly signing?: ServiceSigning;
}

/** No reply is longer than this, in bytes, and twice what was sent, which it may hold masked. */
const MAX_REPLY_BYTES = 1_048_576;

/** Deeper than any service documents. */
const MAX_DEPTH = 64;

/**
 * Asks a service. Rejects with a GuardFailure where the status is not 200, or the reply is no JSON.
 */
export async function postJson(
  post: ServicePost,
  { url, headers, body, signing }: JsonQuestion,
  signal: AbortSignal,
): Promise<Json> {
  const plain = { "content-type": "application/json", accept: "application/json", ...headers };
  const signature =
    signing && (await unlessAborted(signing({ url, headers: plain, body }), signal));
  const reply = await post({
    url,
    headers: { ...plain, ...signature?.headers },
    body,
    maxReplyBytes: MAX_REPLY_BYTES + 2 * Buffer.byteLength(body),
    signal,
  });
  if (reply.status === 401 || reply.status === 403) signature?.refused();
  if (reply.status !== 200) throw new GuardFailure(`answered with status ${reply.status}`);
  const parsed = parseJson(reply.body, { maxDepth: MAX_DEPTH });
  if (!parsed.ok) throw new GuardFailure("answered with what is no JSON");
  return parsed.value;
}

/** Whoever waits for a token is not held by it; the token is kept for others. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
