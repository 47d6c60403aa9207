import { once } from "node:events";
import { connect } from "node:net";
import {
  answerText,
  type Lane,
  type LaneOptions,
  type Outcome,
  type PreparedRequest,
} from "./lane.ts";
import { createReplyReader } from "./reply-reader.ts";

/**
 * A caller over one kept-alive HTTP/1.1 connection that writes prepared bytes. Rejects when it
 * cannot connect.
 */
export async function openHttp1Lane(
  origin: URL,
  request: PreparedRequest,
  options: LaneOptions = {},
): Promise<Lane> {
  const { watchFirstToken = false, keepBody = false } = options;
  const socket = connect({ host: origin.hostname, port: Number(origin.port), noDelay: true });
  await once(socket, "connect");
  const wire = printRequest(origin, request);
  const reader = createReplyReader();
  let current: PromiseWithResolvers<Outcome> | undefined;
  let startedMs = 0;
  let firstTokenMs = Number.NaN;
  let body: Buffer[] = [];

  const fail = (cause: unknown) => current?.reject(new Error("the connection broke", { cause }));
  const take = (bytes: Buffer) => {
    if (keepBody) body.push(bytes);
    if (watchFirstToken && Number.isNaN(firstTokenMs) && bytes.includes(answerText)) {
      firstTokenMs = performance.now() - startedMs;
    }
    if (!reader.push(bytes)) return;
    const text = keepBody ? Buffer.concat(body).toString() : "";
    current?.resolve({
      ok: reader.status() === 200,
      bytes: reader.bodyBytes(),
      firstTokenMs,
      body: text,
    });
    current = undefined;
  };
  socket.on("data", (bytes: Buffer) => {
    try {
      take(bytes);
    } catch (cause) {
      fail(cause);
    }
  });
  socket.once("error", fail);
  socket.once("close", () => fail("closed by the other side"));

  return {
    exchange() {
      current = Promise.withResolvers();
      reader.reset();
      body = [];
      firstTokenMs = Number.NaN;
      startedMs = performance.now();
      socket.write(wire);
      return current.promise;
    },
    close: () => socket.destroy(),
  };
}

function printRequest(origin: URL, request: PreparedRequest): Buffer {
  const lines = [
    `POST ${request.path} HTTP/1.1`,
    `host: ${origin.host}`,
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${request.body.length}`,
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), request.body]);
}
