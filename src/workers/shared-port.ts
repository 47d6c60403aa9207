import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Why threads cannot listen on one port here, as the code of the system's error; undefined where
 * they can.
 */
export async function sharedPortProblem(): Promise<string | undefined> {
  try {
    await tryListen({ host: "127.0.0.1", port: 0, reusePort: true });
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/**
 * Rejects with the system's error where somebody listens on a port. Threads that share a port would
 * also share it with another gateway that does.
 */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  if (port !== 0) await tryListen({ host, port });
}

async function tryListen(options: {
  readonly host: string;
  readonly port: number;
  readonly reusePort?: boolean;
}): Promise<void> {
  const server = createServer((socket) => void socket.destroy());
  server.listen({ ...options, exclusive: true });
  // Rejects with the error, should it come first.
  await once(server, "listening");
  server.close();
  await once(server, "close");
}
