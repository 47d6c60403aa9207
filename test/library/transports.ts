import type { Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { createGateway, type Gateway } from "../../src/library.ts";
import { startGateway } from "../../src/serve.ts";

/** A gateway that a test talks to, and what it recorded. */
export interface Subject {
  readonly transport: Transport;
  readonly records: readonly CallRecord[];
  close(): Promise<void>;
}

type Opener = (config: string) => Promise<Subject>;

/**
 * Every way to the same engine: over a port in each protocol, and through the library's fetch
 * handler.
 */
export const remoteSubjects: readonly (readonly [name: string, open: Opener])[] = [
  [
    "Connect over HTTP/1.1",
    overPort((baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })),
  ],
  [
    "Connect over HTTP/2",
    overPort((baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })),
  ],
  [
    "Connect with JSON",
    overPort((baseUrl) =>
      createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
    ),
  ],
  ["gRPC", overPort((baseUrl) => createGrpcTransport({ baseUrl }))],
  ["gRPC-Web", overPort((baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }))],
  ["Connect through handle", throughHandle((options) => web.createConnectTransport(options))],
  ["gRPC-Web through handle", throughHandle((options) => web.createGrpcWebTransport(options))],
];

function overPort(connect: (baseUrl: string) => Transport): Opener {
  return async (config) => {
    const records: CallRecord[] = [];
    const gateway = await startGateway({
      config,
      port: 0,
      world: { record: (record) => records.push(record) },
    });
    return { transport: connect(gateway.url), records, close: gateway.close };
  };
}

function throughHandle(
  connect: (options: { baseUrl: string; fetch: typeof fetch }) => Transport,
): Opener {
  return async (config) => {
    const records: CallRecord[] = [];
    const gateway: Gateway = await createGateway(config, {
      onCall: (record) => records.push(record),
    });
    const handled: typeof fetch = (input, init) => gateway.handle(new Request(input, init));
    return {
      transport: connect({ baseUrl: "http://gateway", fetch: handled }),
      records,
      close: gateway.close,
    };
  };
}
