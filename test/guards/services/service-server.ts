import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a service got. */
export interface Received {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a service replies: JSON with status 200, or by itself. */
export type Reply = object | ((response: ServerResponse, body: string) => void);

/**
 * A service on loopback that notes what it gets and replies as a test says. Beside that it gives
 * tokens at `/token`.
 */
export async function startService() {
  const received: Received[] = [];
  const queue: Reply[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request;
      if (url === "/token") return void response.end('{"access_token":"t-1","expires_in":3600}');
      received.push({ line: `${method} ${url}`, headers, body });
      const reply = queue.length > 1 ? queue.shift() : queue[0];
      if (typeof reply === "function") reply(response, body);
      else response.writeHead(200).end(JSON.stringify(reply ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    received,
    /** The last one is repeated. */
    replies(...replies: readonly Reply[]) {
      received.length = 0;
      queue.splice(0, queue.length, ...replies);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
