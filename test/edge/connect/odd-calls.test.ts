import { once } from "node:events";
import { connect } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { printEnvelope } from "../../../src/edge/connect/envelope.ts";
import { echoRoutes, startRpc } from "./start-rpc.ts";

const routes = echoRoutes({
  async echo(note, context) {
    if (note.text === "fail") throw new ConnectError("no \ud800 here", Code.NotFound);
    const { signal } = context;
    // A timer that overflows fires after 1 ms, and so before this one.
    await new Promise((resolve) => setTimeout(resolve, 3));
    return { text: signal.aborted ? "aborted" : "in time" };
  },
});

/**
 * Calls Echo with a JSON text; gives everything that came back, head, trailers and body, as text.
 */
async function call(
  type: string,
  json: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const { url } = await startRpc({ routes });
  const session = connect(url);
  onTestFinished(() => session.destroy());
  const sent = { "content-type": type, te: "trailers", ...headers };
  const stream = session.request({
    ":method": "POST",
    ":path": "/echo.v1.EchoService/Echo",
    ...sent,
  });
  let seen = "";
  stream.on("trailers", (fields) => {
    seen += JSON.stringify(fields);
  });
  stream.end(type.includes("grpc") ? printEnvelope(0, Buffer.from(json)) : json);
  const [head] = await once(stream, "response");
  const body = Buffer.concat(await stream.toArray()).toString();
  return `${JSON.stringify(head)}${body}${seen}`;
}

describe("an error that repeats half a surrogate pair", () => {
  const half = "%EF%BF%BD";
  for (const type of ["application/grpc+json", "application/grpc-web+json"]) {
    it(`reaches the caller of ${type} where the request is refused`, async () => {
      const seen = await call(type, '{"number":"\\ud800"}');
      expect(seen).toContain(half);
      expect(seen).toMatch(/grpc-status"?: ?"?3/);
    });
    it(`reaches the caller of ${type} where the call fails`, async () => {
      const seen = await call(type, '{"text":"fail"}');
      expect(seen).toContain(`no ${half} here`);
      expect(seen).toMatch(/grpc-status"?: ?"?5/);
    });
  }
});

describe("a timeout that is longer than any timer", () => {
  const ways: readonly (readonly [type: string, field: string, value: string])[] = [
    ["application/grpc+json", "grpc-timeout", "99999999H"],
    ["application/grpc-web+json", "grpc-timeout", "99999999H"],
    ["application/json", "connect-timeout-ms", "9999999999"],
  ];
  for (const [type, field, value] of ways) {
    it(`does not end a call of ${type} at once`, async () => {
      expect(await call(type, '{"text":"x"}', { [field]: value })).toContain("in time");
    });
  }
});
