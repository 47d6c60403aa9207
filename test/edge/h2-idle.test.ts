import { describe, expect, it } from "vitest";
import { preface, request, settings } from "../fuzz/frames/h2-frames.ts";
import { openRaw, startServer } from "./start-server.ts";

const head = request(1, [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "127.0.0.1"],
  [":path", "/"],
]);
const headWithoutEnd = Buffer.from(head);
// Without END_STREAM the body is still to come.
headWithoutEnd[4] = 0x4;

const begun: readonly (readonly [what: string, bytes: Buffer])[] = [
  ["nothing", Buffer.alloc(0)],
  ["half a frame", head.subarray(0, 20)],
  ["a frame without its fields", head.subarray(0, 9)],
  ["a request without its body, which was answered", headWithoutEnd],
];

describe("an HTTP/2 connection that is idle is closed", () => {
  for (const [what, bytes] of begun) {
    it(`where the client sent ${what}`, async () => {
      const limits = { idleTimeoutMs: 60, requestTimeoutMs: 60 };
      const { port } = await startServer({
        limits,
        handler: (exchange) => exchange.respond(200, [], "early"),
      });
      const { socket, closed } = openRaw(port);
      socket.write(Buffer.concat([preface, settings(), bytes]));
      expect(await closed).toContain(what.includes("answered") ? "early" : "");
    });
  }
});
