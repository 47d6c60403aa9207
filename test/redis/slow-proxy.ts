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
}

/** Starts one before a server on loopback; it ends with the test. */
export async function startSlowProxy(serverPort: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const kept: (() => void)[] = [];
  let isHeld = false;
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
      if (!isHeld) return void client.write(bytes);
      kept.push(() => void client.write(bytes));
      onKept();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
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
  };
}
