import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../src/serve.ts";

/** A gateway before a vendor whose vectors are the lengths of the inputs. */
async function embedding() {
  const sent: string[][] = [];
  const refused = new Set<string>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { input, model } = JSON.parse(body);
      const inputs: string[] = [input].flat();
      sent.push(inputs);
      const type = { "content-type": "application/json" };
      const bad = inputs.findIndex((one) => refused.has(one));
      if (bad >= 0) {
        response.writeHead(500, type).end('{"error":{"message":"no"}}');
        return;
      }
      const data = inputs.map((one, index) => ({
        object: "embedding",
        index,
        embedding: [one.length, 0.5],
      }));
      const tokens = inputs.join("").length;
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      response.writeHead(200, type).end(JSON.stringify({ object: "list", data, model, usage }));
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const gateway = await startGateway({
    port: 0,
    config: `providers: { a: { kind: openai_compatible, base_url: "http://127.0.0.1:${port}/v1" } }
models: [{ name: m, targets: [{ model: a/x }], cache: {} }]`,
  });
  onTestFinished(async () => {
    await gateway.close();
    server.closeAllConnections();
    server.close();
  });
  const embed = async (input: string | readonly string[], more: object = {}) => {
    const reply = await fetch(`${gateway.url}/v1/embeddings`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", input, ...more }),
    });
    const body = JSON.parse(await reply.text());
    return {
      state: reply.headers.get("x-parlance-cache"),
      attempts: reply.headers.get("x-parlance-attempts"),
      vectors: body.data?.map(({ embedding }: { embedding: number[] }) => embedding[0]),
      places: body.data?.map(({ index }: { index: number }) => index),
      tokens: body.usage?.total_tokens,
      model: body.model,
      status: reply.status,
    };
  };
  return { embed, sent, refused };
}

describe("a batch of inputs", () => {
  it("has only those sent whose vectors are not stored, in order", async () => {
    const { embed, sent } = await embedding();
    expect(await embed(["a", "ccc"])).toMatchObject({ state: "MISS", tokens: 4 });
    const mixed = await embed(["bb", "ccc", "dddd", "a"]);
    expect(sent).toEqual([
      ["a", "ccc"],
      ["bb", "dddd"],
    ]);
    expect(mixed).toMatchObject({
      state: "MISS",
      vectors: [2, 3, 4, 1],
      places: [0, 1, 2, 3],
      tokens: 10,
      model: "x",
    });
    expect(await embed(["dddd", "a"])).toMatchObject({
      state: "HIT",
      attempts: "0",
      vectors: [4, 1],
      places: [0, 1],
      model: "x",
    });
    expect(sent.length).toBe(2);
  });

  it("shows the usage of the vendor, however it was stored", async () => {
    const { embed } = await embedding();
    const inputs = ["a", "bb", "a longer one", "x"];
    const first = await embed(inputs);
    const again = await embed(inputs);
    expect([again.state, again.tokens]).toEqual(["HIT", first.tokens]);
  });

  it("shares vectors with an input that is sent alone", async () => {
    const { embed, sent } = await embedding();
    await embed("abc");
    expect((await embed(["abc"])).state).toBe("HIT");
    expect(sent.length).toBe(1);
  });

  it("with the same input twice is answered for each", async () => {
    const { embed } = await embedding();
    await embed(["a"]);
    expect(await embed(["a", "bb", "a"])).toMatchObject({ vectors: [1, 2, 1], places: [0, 1, 2] });
  });

  it("with another option has vectors of its own", async () => {
    const { embed, sent } = await embedding();
    await embed(["a"]);
    expect((await embed(["a"], { dimensions: 2 })).state).toBe("MISS");
    expect(sent.length).toBe(2);
  });

  it("fails where the vendor fails, and stores nothing of it", async () => {
    const { embed, sent, refused } = await embedding();
    await embed(["a"]);
    refused.add("bad");
    expect((await embed(["a", "bad"])).status).toBeGreaterThan(400);
    refused.clear();
    expect(await embed(["a", "bad"])).toMatchObject({ vectors: [1, 3], state: "MISS" });
    expect(sent.at(-1)).toEqual(["bad"]);
  });

  it("takes stored vectors only where the call wants them", async () => {
    const { embed, sent } = await embedding();
    await embed(["a"]);
    expect((await embed(["a", "bb"], { cache: { "no-cache": true } })).state).toBe("MISS");
    expect(sent.at(-1)).toEqual(["a", "bb"]);
  });
});
