import { connect as connectTcp } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Exchange } from "../../src/edge/http/exchange.ts";
import { ClientGoneError } from "../../src/edge/http/http-error.ts";
import { field, frame, opening, requestFields } from "./h2-frames.ts";
import { startServer } from "./start-server.ts";

const uses: readonly (readonly [string, (exchange: Exchange) => Promise<unknown>])[] = [
  ["reads its body", (exchange) => exchange.readBody()],
  ["answers", async (exchange) => exchange.respond(200, [], "late")],
  [
    "streams an answer with trailers",
    async (exchange) => {
      const stream = exchange.startStream(200, [], { trailers: true });
      await stream.write("late");
      stream.end(["grpc-status", "0"]);
    },
  ],
];

describe("a stream of HTTP/2 that is reset in the breath that opens it is a client that left, and no bug", () => {
  const head = requestFields("POST");
  for (const [title, fields] of [
    ["with an expectation", Buffer.concat([head, field("expect", "100-continue")])],
    ["without", head],
  ] as const) {
    for (const [use, run] of uses) {
      test(`${title}, when the handler ${use}`, async () => {
        const outcome = Promise.withResolvers<unknown>();
        const { server, port } = await startServer({
          async handler(exchange) {
            outcome.resolve(await run(exchange).catch((error: unknown) => error));
          },
        });
        const socket = connectTcp({ port, host: "127.0.0.1" });
        socket.on("error", () => undefined);
        onTestFinished(() => void socket.destroy());
        const reset = frame(3, 0, 1, Buffer.from([0, 0, 0, 8]));
        socket.write(Buffer.concat([opening, frame(1, 4, 1, fields), reset]));
        expect((await outcome.promise) ?? new ClientGoneError()).toBeInstanceOf(ClientGoneError);
        await vi.waitUntil(() => server.active === 0, { timeout: 50_000, interval: 5 });
      });
    }
  }
});
