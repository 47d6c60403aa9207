import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectH2,
  constants,
} from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { create, toBinary } from "@bufbuild/protobuf";
import { CompleteRequestSchema } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { printEnvelope } from "../../src/edge/connect/envelope.ts";
import { chatOf } from "../calls.ts";

/** How a client speaks. */
export interface Transport {
  readonly protocol: "h1" | "h2";
  readonly tls: boolean;
  readonly api: "REST" | "gRPC";
}

/** One call by a client that goes away without waiting for its end. */
export interface DepartingClient {
  /** Resolves when something of the reply has come. */
  readonly answered: Promise<void>;
  /** What has come of the connection. */
  readonly received: () => string;
  /** Goes away. */
  leave(how: Departure): void;
}

/** Ways to go away within a process; the last is to be killed, and one more for each protocol. */
export type Departure = "FIN" | "half-close" | "RST" | "GOAWAY and FIN" | "RST_STREAM";

/** Opens a connection and makes one streamed call to `model`. */
export function openCall(transport: Transport, port: number, model: string): DepartingClient {
  const tcp = connectTcp({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  tcp.on("error", () => undefined);
  const ALPNProtocols = [transport.protocol === "h2" ? "h2" : "http/1.1"];
  const socket = transport.tls
    ? connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols })
    : tcp;
  socket.on("error", () => undefined);
  return transport.protocol === "h1"
    ? callH1(tcp, socket, model)
    : callH2(tcp, socket, transport.api, model);
}

function callH1(tcp: Socket, socket: Socket | TLSSocket, model: string): DepartingClient {
  const answered = Promise.withResolvers<void>();
  let received = "";
  socket.on("data", (chunk) => {
    received += String(chunk);
    if (received.includes("data: ")) answered.resolve();
  });
  const body = restBody(model);
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: localhost",
    "content-type: application/json",
  ];
  socket.write(`${head.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  return {
    answered: answered.promise,
    received: () => received,
    leave(how) {
      if (how === "RST") tcp.resetAndDestroy();
      else if (how === "half-close") socket.end();
      else socket.destroy();
    },
  };
}

function callH2(
  tcp: Socket,
  socket: Socket | TLSSocket,
  api: Transport["api"],
  model: string,
): DepartingClient {
  const session = connectH2("http://localhost", { createConnection: () => socket });
  session.on("error", () => undefined);
  const stream = api === "REST" ? callRest(session, model) : callGrpc(session, model);
  stream.on("error", () => undefined);
  const answered = Promise.withResolvers<void>();
  let received = "";
  stream.on("data", (chunk) => {
    received += String(chunk);
    answered.resolve();
  });
  return {
    answered: answered.promise,
    received: () => received,
    leave(how) {
      if (how === "RST") tcp.resetAndDestroy();
      else if (how === "half-close") socket.end();
      else if (how === "RST_STREAM") stream.close(constants.NGHTTP2_CANCEL);
      else if (how === "FIN") socket.destroy();
      else {
        session.goaway();
        // The frame leaves at the end of this turn of the event loop.
        setImmediate(() => socket.destroy());
      }
    },
  };
}

function callRest(session: ClientHttp2Session, model: string): ClientHttp2Stream {
  const path = "/v1/chat/completions";
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/json",
  });
  return stream.end(restBody(model));
}

function callGrpc(session: ClientHttp2Session, model: string): ClientHttp2Stream {
  const path = "/parlance.chat.v1.ChatService/StreamComplete";
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
  });
  const message = toBinary(
    CompleteRequestSchema,
    create(CompleteRequestSchema, { chat: chatOf("Hello!", model) }),
  );
  return stream.end(printEnvelope(0, message));
}

function restBody(model: string): string {
  return JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hello!" }] });
}
