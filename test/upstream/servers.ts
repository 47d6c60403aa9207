import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { afterEach } from "vitest";
import {
  createUpstream,
  type Upstream,
  type UpstreamOptions,
  type UpstreamRequest,
} from "../../src/upstream/client.ts";
import type { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { selfSigned } from "./self-signed.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function listen(server: net.Server, scheme: string): Promise<string> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts an HTTP server for one test; gives its origin. */
export const serveHttp = (handler: http.RequestListener): Promise<string> =>
  listen(http.createServer(handler), "http");

/** Starts an HTTPS server with a certificate that nobody trusts. */
export const serveHttps = (handler: http.RequestListener): Promise<string> =>
  listen(https.createServer(selfSigned, handler), "https");

/** Starts a TCP server that answers by hand. */
export const serveTcp = (handler: (socket: net.Socket) => void): Promise<string> =>
  listen(net.createServer(handler), "http");

/** The origin of a port that was open and is not any more. */
export async function deadOrigin(): Promise<string> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** An upstream client that is shut down after the test. */
export function openUpstream(options?: UpstreamOptions): Upstream {
  const upstream = createUpstream(options);
  cleanups.push(() => upstream.destroy());
  return upstream;
}

/** A POST with generous timeouts. */
export function post(
  origin: string,
  more: Partial<UpstreamRequest> & { path?: string } = {},
): UpstreamRequest {
  return {
    method: "POST",
    url: { origin, path: more.path ?? "/v1/x" },
    headers: ["content-type", "application/json"],
    body: "{}",
    timeouts: { connectMs: 10_000, firstTokenMs: 10_000, idleMs: 10_000 },
    ...more,
  };
}

/** The failure of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<UpstreamError> {
  return promise.then(
    () => {
      throw new Error("expected a failure");
    },
    (error: UpstreamError) => error,
  );
}

/** Reads a stream of chunks to its end or failure; both what came and how it ended. */
export async function drain(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ text: string; failure: UpstreamError | undefined }> {
  let text = "";
  try {
    for await (const chunk of chunks) text += Buffer.from(chunk).toString();
  } catch (error) {
    return { text, failure: error as UpstreamError };
  }
  return { text, failure: undefined };
}
