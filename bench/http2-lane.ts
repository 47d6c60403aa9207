import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import {
  answerText,
  type Lane,
  type LaneOptions,
  type Outcome,
  type PreparedRequest,
} from "./lane.ts";

/**
 * Callers that share one connection: enough for streams to meet, few enough that one connection is
 * no bottleneck.
 */
const lanesPerSession = 16;

/**
 * Callers over HTTP/2 with prior knowledge, up to 16 to a connection. Rejects when it cannot
 * connect.
 */
export async function openHttp2Lanes(
  origin: URL,
  request: PreparedRequest,
  count: number,
  options: LaneOptions = {},
): Promise<readonly Lane[]> {
  const sessions = await Promise.all(
    Array.from({ length: Math.ceil(count / lanesPerSession) }, () => openSession(origin)),
  );
  return Array.from({ length: count }, (_, position) => {
    const session = sessions[position % sessions.length];
    if (session === undefined) throw new Error("a lane without a session");
    return {
      exchange: () => exchangeOn(session, request, options),
      close: () => session.destroy(),
    };
  });
}

async function openSession(origin: URL): Promise<ClientHttp2Session> {
  const session = connect(origin);
  await once(session, "connect");
  session.on("error", () => session.destroy());
  return session;
}

function exchangeOn(
  session: ClientHttp2Session,
  request: PreparedRequest,
  options: LaneOptions,
): Promise<Outcome> {
  const { watchFirstToken = false, keepBody = false } = options;
  const startedMs = performance.now();
  const stream = session.request({ ":method": "POST", ":path": request.path, ...request.headers });
  const body: Buffer[] = [];
  let bytes = 0;
  let firstTokenMs = Number.NaN;
  let httpStatus: unknown;
  let grpcStatus: unknown = "0";
  const noteGrpcStatus = (headers: object) => {
    if ("grpc-status" in headers) grpcStatus = headers["grpc-status"];
  };
  stream.once("response", (headers) => {
    httpStatus = headers[":status"];
    noteGrpcStatus(headers);
  });
  stream.once("trailers", noteGrpcStatus);
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (keepBody) body.push(chunk);
    if (watchFirstToken && Number.isNaN(firstTokenMs) && chunk.includes(answerText)) {
      firstTokenMs = performance.now() - startedMs;
    }
  });
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  stream.once("error", reject);
  stream.once("close", () => {
    const ok = httpStatus === 200 && String(grpcStatus) === "0";
    resolve({
      ok,
      bytes,
      firstTokenMs,
      body: keepBody ? Buffer.concat(body).toString("latin1") : "",
    });
  });
  stream.end(request.body);
  return promise;
}
