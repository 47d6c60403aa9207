import { once } from "node:events";
import { request as requestH1 } from "node:http";
import { connect as connectH2 } from "node:http2";

/** The versions of HTTP that are served on one port. */
export type HttpVersion = "h1" | "h2";

/** A request as it is put on the wire. */
export interface SentRequest {
  readonly version: HttpVersion;
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: the head alone is sent, and the body is kept back until the reply has come. */
  readonly body?: Uint8Array | string | undefined;
}

/** What came back. */
export interface ReceivedReply {
  readonly status: number;
  readonly headers: Headers;
  readonly trailers: Headers;
  readonly body: Buffer;
  /** Whether the server invited the body with `100 Continue`. */
  readonly continued: boolean;
}

/** Sends a request and waits for its whole reply. Rejects where the connection breaks first. */
export function sendRequest(url: string, sent: SentRequest): Promise<ReceivedReply> {
  return sent.version === "h1" ? sendH1(url, sent) : sendH2(url, sent);
}

async function sendH1(
  url: string,
  { method = "POST", path, headers, body }: SentRequest,
): Promise<ReceivedReply> {
  const sent = requestH1(url + path, { method, headers, agent: false });
  let continued = false;
  sent.on("continue", () => {
    continued = true;
  });
  const replied = once(sent, "response");
  if (body === undefined) sent.flushHeaders();
  else sent.end(body);
  // A server that closes before it has the body may break the writing of it, after its reply.
  sent.on("error", () => undefined);
  const [response] = await replied;
  const chunks: Buffer[] = await response.toArray();
  sent.destroy();
  return {
    status: response.statusCode,
    headers: webHeaders(response.headers),
    trailers: webHeaders(response.trailers),
    body: Buffer.concat(chunks),
    continued,
  };
}

async function sendH2(
  url: string,
  { method = "POST", path, headers, body }: SentRequest,
): Promise<ReceivedReply> {
  const session = connectH2(url);
  try {
    const stream = session.request(
      { ":method": method, ":path": path, te: "trailers", ...headers },
      { endStream: false },
    );
    let continued = false;
    let trailers = {};
    stream.on("continue", () => {
      continued = true;
    });
    stream.on("trailers", (fields) => {
      trailers = { ...fields };
    });
    if (body !== undefined) stream.end(body);
    const [head] = await once(stream, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return {
      status: Number(head[":status"]),
      headers: webHeaders(head),
      trailers: webHeaders(trailers),
      body: Buffer.concat(chunks),
      continued,
    };
  } finally {
    session.destroy();
  }
}

function webHeaders(fields: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith(":") && value !== undefined) headers.set(name, String(value));
  }
  return headers;
}
