import type { AttackReply } from "./attack-request.ts";

/**
 * Reads replies of HTTP/1.1 from bytes as they come. Strict: what a client might misread is an
 * error.
 */
export interface ReplyReader {
  push(bytes: Buffer): void;
  /** The connection has ended: so has a body without a length. */
  end(): void;
  /** Final replies that are complete. */
  readonly replies: readonly AttackReply[];
  /** Whether bytes are there that belong to no complete reply. */
  readonly pending: boolean;
}

type Body =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunks" }
  | { readonly kind: "rest" };

interface Head {
  readonly status: number;
  readonly headers: AttackReply["headers"];
  readonly body: Body;
}

const noBytes = Buffer.alloc(0);

/** Makes a reader; `method` tells whether replies have bodies. */
export function createReplyReader(method: string): ReplyReader {
  const replies: AttackReply[] = [];
  let buffer: Buffer = noBytes;
  let head: Head | undefined;
  let chunks: Buffer[] = [];

  const finish = (body: Buffer, trailers: AttackReply["trailers"] = []): void => {
    if (head !== undefined)
      replies.push({ status: head.status, headers: head.headers, body, trailers });
    head = undefined;
    chunks = [];
  };

  /** False where more bytes are needed. */
  function step(): boolean {
    if (head === undefined) return readHead();
    const { body } = head;
    switch (body.kind) {
      case "rest":
        return false;
      case "chunks":
        return readChunk();
      case "length":
        if (buffer.length < body.bytes) return false;
        finish(buffer.subarray(0, body.bytes));
        buffer = buffer.subarray(body.bytes);
        return true;
    }
  }

  function readHead(): boolean {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [line = "", ...fields] = buffer.subarray(0, end).toString("latin1").split("\r\n");
    buffer = buffer.subarray(end + 4);
    const status = Number(/^HTTP\/1\.1 (\d{3})( |$)/.exec(line)?.[1]);
    if (!(status >= 100))
      throw new Error(`not a status line: ${JSON.stringify(line.slice(0, 80))}`);
    const headers = fields.map(splitField);
    if (status >= 200 || status === 101)
      head = { status, headers, body: bodyOf(method, status, headers) };
    return true;
  }

  function readChunk(): boolean {
    const lineEnd = buffer.indexOf("\r\n");
    if (lineEnd < 0) return false;
    const line = buffer.subarray(0, lineEnd).toString("latin1");
    if (!/^[0-9a-f]+$/i.test(line))
      throw new Error(`not the size of a chunk: ${JSON.stringify(line.slice(0, 80))}`);
    const size = Number.parseInt(line, 16);
    if (size === 0) return readTrailers(lineEnd);
    if (buffer.length < lineEnd + 4 + size) return false;
    chunks.push(buffer.subarray(lineEnd + 2, lineEnd + 2 + size));
    buffer = buffer.subarray(lineEnd + 4 + size);
    return true;
  }

  function readTrailers(lineEnd: number): boolean {
    const end = buffer.indexOf("\r\n\r\n", lineEnd);
    if (end < 0) return false;
    const text = buffer.subarray(lineEnd + 2, Math.max(end, lineEnd + 2)).toString("latin1");
    buffer = buffer.subarray(end + 4);
    finish(Buffer.concat(chunks), text === "" ? [] : text.split("\r\n").map(splitField));
    return true;
  }

  return {
    replies,
    get pending() {
      return head !== undefined || buffer.length > 0;
    },
    push(bytes) {
      buffer = buffer.length === 0 ? bytes : Buffer.concat([buffer, bytes]);
      while (buffer.length > 0 && step());
      // A body of no length has nothing to wait for.
      while (head?.body.kind === "length" && head.body.bytes === 0 && step());
    },
    end() {
      if (head?.body.kind !== "rest") return;
      finish(buffer);
      buffer = noBytes;
    },
  };
}

function splitField(line: string): readonly [string, string] {
  const at = line.indexOf(":");
  if (at <= 0 || /[\0\r\n]/.test(line))
    throw new Error(`not a field: ${JSON.stringify(line.slice(0, 80))}`);
  return [line.slice(0, at), line.slice(at + 1).trim()];
}

function bodyOf(method: string, status: number, headers: AttackReply["headers"]): Body {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304)
    return { kind: "length", bytes: 0 };
  const value = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  if (value("transfer-encoding") !== undefined) return { kind: "chunks" };
  const length = value("content-length");
  return length === undefined ? { kind: "rest" } : { kind: "length", bytes: Number(length) };
}
