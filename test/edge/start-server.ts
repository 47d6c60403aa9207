import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Exchange } from "../../src/edge/http/exchange.ts";
import { createServer, type Server } from "../../src/edge/server.ts";
import type { ServerOptions } from "../../src/edge/server-options.ts";

/** A listening server that is closed when the test ends. */
export async function startServer(
  options: Partial<ServerOptions> = {},
): Promise<{ server: Server; url: string; port: number }> {
  const server = createServer({ handler: echo, ...options });
  const { url, port } = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return { server, url, port };
}

/** Answers with the method, the target and the body that it was sent. */
export async function echo(exchange: Exchange): Promise<void> {
  const body = Buffer.from(await exchange.readBody()).toString();
  const { protocol, method, path, query } = exchange;
  exchange.respond(
    200,
    ["content-type", "application/json"],
    JSON.stringify({ protocol, method, path, query, body }),
  );
}

/** A plain connection that collects what the server sends. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received, once the server has closed the connection. */
  readonly closed: Promise<string>;
  /** Resolves when `text` has been received; rejects if the connection closes first. */
  received(text: string): Promise<void>;
}

/** Opens a connection; it is cut when the test ends. */
export function openRaw(port: number): RawConnection {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let all = "";
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(all)));
  socket.on("end", () => socket.end());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    all += chunk.toString("latin1");
  });
  return {
    socket,
    closed,
    received: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (all.includes(text)) resolve();
        };
        socket.on("data", check);
        socket.once("close", () => reject(new Error(`closed before ${text}; received ${all}`)));
        check();
      }),
  };
}

/** A promise and its resolver, for telling a test that something happened. */
export function signalOnce<T = void>(): { promise: Promise<T>; fire: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, fire: resolve };
}
