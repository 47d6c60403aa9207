// The server that the Connect conformance suite starts: it reads a request from its standard input,
// serves conformanceService on the edge of the gateway, and says where on its standard output. The
// suite ends it by a signal.
import { createRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ServerCompatRequest,
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from "../../gen/connectrpc/conformance/v1/server_compat_pb.js";
import {
  ConformanceService,
  file_connectrpc_conformance_v1_service,
} from "../../gen/connectrpc/conformance/v1/service_pb.js";
import { createRpcHandler } from "../../src/edge/connect/node-adapter.ts";
import { createServer } from "../../src/edge/server.ts";
import { conformanceService } from "./conformance-service.ts";

const { messageReceiveLimit, serverCreds, clientTlsCert } = await readRequest();

const clientCa = clientTlsCert.length === 0 ? {} : { clientCa: clientTlsCert };

const rpc = createRpcHandler({
  routes: (router) => void router.service(ConformanceService, conformanceService),
  jsonOptions: { registry: createRegistry(file_connectrpc_conformance_v1_service) },
  // Compresses every reply that may be, so that the suite sees that it is well done.
  compressMinBytes: 0,
  ...(messageReceiveLimit === 0 ? {} : { readMaxBytes: messageReceiveLimit }),
  onFailure: (error) => console.error(error),
});
const server = createServer({
  handler(exchange) {
    if (!rpc.tryHandle(exchange)) exchange.respond(404, [], "");
  },
  ...(serverCreds === undefined ? {} : { tls: { ...serverCreds, ...clientCa } }),
});
const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
writeResponse(port, serverCreds?.cert ?? new Uint8Array());

/** Messages have their length in front, as four bytes, the highest first. */
async function readRequest(): Promise<ServerCompatRequest> {
  let read = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    read = Buffer.concat([read, chunk]);
    const end = read.length < 4 ? Number.POSITIVE_INFINITY : 4 + read.readUInt32BE(0);
    if (read.length >= end) return fromBinary(ServerCompatRequestSchema, read.subarray(4, end));
  }
  throw new Error("the suite sent no request");
}

function writeResponse(at: number, pemCert: Uint8Array): void {
  const message = toBinary(ServerCompatResponseSchema, {
    $typeName: "connectrpc.conformance.v1.ServerCompatResponse",
    host: "127.0.0.1",
    port: at,
    pemCert,
  });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  process.stdout.write(Buffer.concat([length, message]));
}
