import type { SendFailure } from "../sink.ts";

/** What a service means by its replies. */
export interface PostOptions {
  /** After which statuses the same may be sent again. Default: 408, 429 and 500 or more. */
  readonly again?: (status: number) => boolean;
  /** Reads a reply with a status from 200 to 299. Absent: it is not read, and says that all is well. */
  readonly read?: (body: Uint8Array) => SendFailure | undefined;
}

const usualAgain = (status: number) => status === 408 || status === 429 || status >= 500;

/** Sends a body by POST. Undefined: the reply has a status from 200 to 299. */
export function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
  options?: PostOptions,
): Promise<SendFailure | undefined> {
  return request("POST", url, headers, body, signal, options);
}

/** Sends a body as `post` does. */
export async function request(
  method: "POST" | "PUT",
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
  { again = usualAgain, read }: PostOptions = {},
): Promise<SendFailure | undefined> {
  try {
    // A redirect could lead records to another place than the configured one.
    const reply = await fetch(url, { method, headers, body, signal, redirect: "manual" });
    if (reply.ok && read !== undefined) return read(await firstBytes(reply));
    await reply.body?.cancel();
    if (reply.ok) return undefined;
    return { why: `HTTP status ${reply.status}`, again: again(reply.status) };
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    return { why: late ? "no answer" : "unreachable", again: true };
  }
}

/** Bytes of a reply that are read at most; of a longer one nothing is. */
const maxReplyBytes = 64 * 1024;

async function firstBytes({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxReplyBytes) return new Uint8Array();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
