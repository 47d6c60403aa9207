import type { SendFailure } from "../sink.ts";

/** Sends a body by POST. Undefined: the reply has a status from 200 to 299. */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<SendFailure | undefined> {
  try {
    // A redirect could lead records to another place than the configured one.
    const reply = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    await reply.body?.cancel();
    if (reply.ok) return undefined;
    const again = reply.status === 408 || reply.status === 429 || reply.status >= 500;
    return { why: `HTTP status ${reply.status}`, again };
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    return { why: late ? "no answer" : "unreachable", again: true };
  }
}
