import { createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Client } from "./client.ts";
import { openRpc } from "./rpc-client.ts";

/** Generated client, Connect protocol, binary, HTTP/1.1. */
export function createConnectClient(url: string, key: string): Client {
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: "1.1",
    useBinaryFormat: true,
  });
  return typedClient("Connect", transport, key);
}

/** Generated client, gRPC over h2c. */
export function createGrpcClient(url: string, key: string): Client {
  const sessionManager = new Http2SessionManager(url);
  const transport = createGrpcTransport({ baseUrl: url, sessionManager });
  return typedClient("gRPC", transport, key, () => sessionManager.abort());
}

/** Generated client, gRPC-Web over HTTP/1.1. */
export function createGrpcWebClient(url: string, key: string): Client {
  return typedClient("gRPC-Web", createGrpcWebTransport({ baseUrl: url, httpVersion: "1.1" }), key);
}

function typedClient(
  name: string,
  transport: Transport,
  key: string,
  close: () => void = () => undefined,
): Client {
  const client = createClient(ChatService, transport);
  const options = (signal: AbortSignal | undefined) => ({
    headers: { authorization: `Bearer ${key}` },
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    name,
    family: "rpc",
    open: (question) =>
      openRpc(
        {
          complete: (chat, signal) => client.complete({ chat }, options(signal)),
          streamComplete: (chat, signal) => client.streamComplete({ chat }, options(signal)),
        },
        question,
      ),
    close,
  };
}
