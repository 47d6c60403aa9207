/**
 * The yardstick, run as a process: `node bare-proxy.ts PORT UPSTREAMS_JSON`. What any gateway on
 * Node has to do and nothing more: node:http in, undici out, kept-alive connections, both bodies
 * parsed; a stream's chunks are passed on as they come. The first segment of a path names the
 * upstream.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "undici";

function start(port: number, upstreams: Readonly<Record<string, string>>): void {
  const pools = new Map(
    Object.entries(upstreams).map(([name, origin]) => [name, new Pool(origin)]),
  );
  const server = createServer((request, response) => {
    if (request.url === "/readyz") {
      response.end("ok");
      return;
    }
    forward(pools, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 120_000;
  server.listen(port, "127.0.0.1");
}

async function forward(
  pools: ReadonlyMap<string, Pool>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? "/";
  const cut = url.indexOf("/", 1);
  const pool = pools.get(url.slice(1, cut));
  if (pool === undefined) {
    response.writeHead(404).end();
    return;
  }
  const asked = await readBytes(request);
  const { stream } = JSON.parse(asked.toString());
  const reply = await pool.request({
    method: "POST",
    path: url.slice(cut),
    headers: { "content-type": "application/json", authorization: "Bearer upstream" },
    body: asked,
  });
  if (stream === true) {
    response.writeHead(reply.statusCode, { "content-type": "text/event-stream" });
    reply.body.pipe(response);
    return;
  }
  const answered = await readBytes(reply.body);
  JSON.parse(answered.toString());
  response.writeHead(reply.statusCode, {
    "content-type": "application/json",
    "content-length": answered.length,
  });
  response.end(answered);
}

function readBytes(source: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    source.on("data", (chunk: Buffer) => chunks.push(chunk));
    source.once("end", () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    );
    source.once("error", reject);
  });
}

start(Number(process.argv[2]), JSON.parse(process.argv[3] ?? "{}"));
