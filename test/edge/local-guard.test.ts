import { request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../src/serve.ts";

const sim = "providers: { sim: { kind: sim } }\n";

/** The status of a request that names a host of its own. */
async function statusFor(
  config: string,
  host: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const gateway = await startGateway({ config, port: 0, world: { record: () => undefined } });
  onTestFinished(gateway.close);
  return new Promise((resolve, reject) => {
    const asked = request(
      `${gateway.url}/v1/models`,
      { headers: { ...headers, host } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}

describe("a gateway without keys on loopback", () => {
  const cases: readonly (readonly [host: string, status: number])[] = [
    ["localhost", 200],
    ["LOCALHOST:4000", 200],
    ["127.0.0.1:4000", 200],
    ["127.1.2.3", 200],
    ["[::1]:4000", 200],
    ["127.0.0.1:4000,127.0.0.1:4001", 200],
    ["ipv4:127.0.0.1:4000,127.0.0.1:4001", 200],
    ["ipv6:%5B::1%5D:4000", 200],
    ["dns:///localhost:4000", 200],
    ["127.0.0.1:4000,rebound.example", 403],
    ["rebound.example,127.0.0.1", 403],
    ["ipv4:10.0.0.1:4000", 403],
    ["rebound.example", 403],
    ["rebound.example:4000", 403],
    ["localhost.rebound.example", 403],
    ["127.0.0.1.rebound.example:80", 403],
    ["10.0.0.1", 403],
    ["[::2]", 403],
  ];
  for (const [host, status] of cases) {
    it(`answers ${status} to a request for ${host}`, async () =>
      expect(await statusFor(sim, host)).toBe(status));
  }
});

describe("a gateway with keys", () => {
  it("answers to any name, for the key is what counts", async () => {
    const keyed = `${sim}keys: [{ name: dev, value: { value: dev-key-0123456789 } }]\n`;
    const headers = { authorization: "Bearer dev-key-0123456789" };
    expect(await statusFor(keyed, "gateway.example", headers)).toBe(200);
  });
});
