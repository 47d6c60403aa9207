import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  createRpcHandler,
  type RpcHandlerOptions,
} from "../../../src/edge/connect/node-adapter.ts";
import type { Server } from "../../../src/edge/server.ts";
import { startServer } from "../start-server.ts";
import { EchoService } from "./echo-service.ts";

/** A listening server that serves the given routes and nothing else; closed when the test ends. */
export async function startRpc(
  options: RpcHandlerOptions,
): Promise<{ server: Server; url: string; port: number }> {
  const rpc = createRpcHandler(options);
  return startServer({
    handler(exchange) {
      if (!rpc.tryHandle(exchange)) exchange.respond(404, [], "no such path");
    },
    onRefused(exchange) {
      const stopping = new ConnectError("the server is shutting down", Code.Unavailable, {
        "retry-after": "1",
      });
      if (!rpc.tryRefuse(exchange, stopping)) exchange.respond(503, [], "");
    },
  });
}

/** A plain implementation of the echo service. */
export const echoImplementation: ServiceImpl<typeof EchoService> = {
  echo: (note) => note,
  async *count(note) {
    for (let number = 1; number <= note.number; number++) yield { text: note.text, number };
  },
  async sum(notes) {
    let number = 0;
    for await (const note of notes) number += note.number;
    return { number };
  },
  async *chat(notes) {
    for await (const note of notes) yield { text: `re: ${note.text}` };
  },
};

/** Registers an implementation of the echo service. */
export function echoRoutes(
  implementation: Partial<ServiceImpl<typeof EchoService>>,
): RpcHandlerOptions["routes"] {
  return (router) => void router.service(EchoService, implementation);
}
