import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy of TCP that can keep back what a server says. */
export interface SlowProxy {
  readonly port: number;
  /** Keeps back what the server says from now on. */
  hold(): void;
  /**
   * Lets through what was kept back, once the server has said something, and what it says from now
   * on.
   */
  release(): Promise<void>;
  /** Says all that the server says so many milliseconds later, from now on. */
  delay(ms: number): void;
}

/**
 * Starts one before a server on loopback. `atEnd` is handed what ends it; default: the test does.
 */
export async function startSlowProxy(
  serverPort: number,
  atEnd: (end: () => void) => void = onTestFinished,
): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const kept: (() => void)[] = [];
  let isHeld = false;
  let delayMs = 0;
  let onKept = (): void => undefined;
  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    client.pipe(upstream);
    upstream.on("data", (bytes) => {
      if (!isHeld && delayMs === 0) return void client.write(bytes);
      if (!isHeld) return void setTimeout(() => client.write(bytes), delayMs);
      kept.push(() => void client.write(bytes));
      onKept();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    port,
    hold() {
      isHeld = true;
    },
    async release() {
      if (kept.length === 0)
        await new Promise<void>((resolve) => {
          onKept = resolve;
        });
      isHeld = false;
      for (const say of kept.splice(0)) say();
    },
    delay(ms) {
      delayMs = ms;
    },
  };
}
