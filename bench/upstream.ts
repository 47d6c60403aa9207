/**
 * The upstream of every run, run as a process of its own: it starts one server for each reply the cases need and tells its parent their
 * origins by name. Replies are built once and nothing is checked, so that the programs under test are what limits the load.
 */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { startTinyVendor } from "../test/vendors/tiny.ts";
import { frameIntervalMs, framesPerStream, type UpstreamName } from "./upstream-names.ts";

const dialects = ["openai", "anthropic"] as const;

async function start(): Promise<Readonly<Record<UpstreamName, string>>> {
  const vendor = async (dialect: (typeof dialects)[number], chunks: number) =>
    (await startTinyVendor({ dialect, chunks, chunkSize: 20 })).url;
  return {
    "openai-1k": await vendor("openai", 36),
    "openai-100k": await vendor("openai", 5000),
    "openai-stream": await startPacedStreams("openai"),
    "openai-first": await vendor("openai", 2),
    "anthropic-1k": await vendor("anthropic", 36),
    "anthropic-100k": await vendor("anthropic", 5000),
    "anthropic-stream": await startPacedStreams("anthropic"),
    "anthropic-first": await vendor("anthropic", 2),
    embeddings: await startEmbeddings(),
  };
}

/** One vector of 1536 numbers, whatever is asked. */
function startEmbeddings(): Promise<string> {
  const embedding = Array.from({ length: 1536 }, (_, index) => Math.sin(index) / 40);
  const usage = { prompt_tokens: 200, total_tokens: 200 };
  const body = Buffer.from(
    JSON.stringify({ object: "list", data: [{ object: "embedding", index: 0, embedding }], model: "tiny", usage }),
  );
  const head = { "content-type": "application/json", "content-length": body.length };
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(200, head).end(body));
  });
  return listen(server);
}

/**
 * The tiny vendor's frames, one to a write, and at a rate that leaves a gateway time to pass on each by itself: frames that pile up
 * are passed on many at a time, which would make a slow gateway look cheap.
 */
async function startPacedStreams(dialect: (typeof dialects)[number]): Promise<string> {
  const vendor = await startTinyVendor({ dialect, chunks: framesPerStream, chunkSize: 20, burst: true });
  const reply = await fetch(vendor.url, { method: "POST", body: '{"stream":true}' });
  const frames = (await reply.text()).split(/(?<=\n\n)/).map((frame) => Buffer.from(frame));
  await vendor.close();

  const open = new Map<ServerResponse, number>();
  setInterval(() => {
    for (const [response, position] of open) {
      const frame = frames[position];
      if (frame === undefined || response.destroyed) {
        response.end();
        open.delete(response);
      } else {
        response.write(frame);
        open.set(response, position + 1);
      }
    }
  }, frameIntervalMs);
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      open.set(response, 0);
    });
  });
  return listen(server);
}

async function listen(server: Server): Promise<string> {
  server.keepAliveTimeout = 120_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening TCP server has a port");
  return `http://127.0.0.1:${address.port}`;
}

process.once("disconnect", () => process.exit(0));
process.send?.(await start());
