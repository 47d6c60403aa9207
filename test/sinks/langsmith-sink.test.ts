import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Notice } from "../../src/core/notice.ts";
import { startGateway } from "../../src/serve.ts";
import { createFakeClock } from "../fake-clock.ts";

/** What the server got of a run. */
interface Run {
  readonly id: string;
  readonly dotted_order: string;
  readonly inputs: object;
  readonly outputs: object;
  readonly extra: { readonly metadata: Readonly<Record<string, unknown>> };
}

/** A server in place of LangSmith, whose next replies have these statuses; then 202. */
async function startLangsmith(statuses: (number | "silence")[] = []) {
  const runs: Run[] = [];
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      requests.push({ path: request.url ?? "", headers: request.headers });
      const status = statuses.shift() ?? 202;
      if (status === "silence") return;
      if (status < 300) runs.push(...JSON.parse(sent).post);
      response.writeHead(status).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { runs, requests, statuses, url: `http://127.0.0.1:${port}` };
}

async function startSending(url: string, more = "", others = "") {
  const clock = createFakeClock();
  const notices: Notice[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `
providers: { sim: { kind: sim } }
models: [{ name: m, targets: [{ model: sim/echo, facts: { prices: { tokens: { input: "1", output: "4" } } } }] }]
keys: [{ name: dev, value: { value: sk-dev }, tags: [web] }]
observe: { sinks: [{ langsmith: { api_key: { value: ls-secret }, project: shop, url: "${url}/"${more} } }${others}] }
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => Date.UTC(2026, 10, 30, 12) + clock.nowMs(),
      notice: (notice) => void notices.push(notice),
    },
  });
  onTestFinished(() => gateway.close());
  const chat = async (body: object = {}) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-dev" },
      body: JSON.stringify({
        model: "m",
        messages: [{ role: "user", content: "secret words" }],
        ...body,
      }),
    });
    await reply.text();
    return reply;
  };
  const events = () => notices.map(({ event }) => event);
  return { gateway, clock, chat, notices, events };
}

describe("calls are sent to LangSmith", () => {
  it("as runs with what they took and cost, in one request, without content", async () => {
    const langsmith = await startLangsmith();
    const { clock, chat } = await startSending(langsmith.url);
    const reply = await chat({ user: "eve" });
    await chat({ model: "nowhere" });
    clock.advance(1_000);
    await expect.poll(() => langsmith.runs.length).toBe(2);
    expect(langsmith.requests).toMatchObject([
      { path: "/runs/batch", headers: { "x-api-key": "ls-secret" } },
    ]);
    const [run, failed] = langsmith.runs;
    const id = reply.headers.get("x-parlance-call-id");
    expect(run).toMatchObject({
      id,
      trace_id: id,
      dotted_order: `20261130T120000000000Z${id}`,
      name: "m",
      run_type: "llm",
      session_name: "shop",
      start_time: "2026-11-30T12:00:00.000Z",
      end_time: "2026-11-30T12:00:00.000Z",
      inputs: {},
      outputs: {},
      tags: ["web"],
      extra: {
        metadata: {
          ls_provider: "sim",
          ls_model_name: "echo",
          key: "dev",
          end_user: "eve",
          target: "sim/echo",
          usage_metadata: {
            input_tokens: expect.any(Number),
            total_cost: expect.any(Number),
          },
        },
      },
    });
    expect(failed).toMatchObject({ error: "UNKNOWN_MODEL", name: "nowhere" });
    expect(JSON.stringify(langsmith.runs)).not.toContain("secret words");
  });

  it("with what was said, as much as it is to have, and to no other sink", async () => {
    const [langsmith, less, none] = [
      await startLangsmith(),
      await startLangsmith(),
      await startLangsmith(),
    ];
    const sink = (name: string, url: string, more: string) =>
      `, { name: ${name}, langsmith: { api_key: { value: other }, url: "${url}"${more} } }`;
    const others = `${sink("less", less.url, ", content_bytes: 7")}${sink("none", none.url, "")}`;
    const { clock, chat, gateway } = await startSending(
      langsmith.url,
      ", content_bytes: 60",
      others,
    );
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    const messages = [
      { role: "system", content: "x".repeat(100) },
      { role: "user", content: [{ type: "text", text: "Wörter, geheim" }, image] },
    ];
    await chat({ messages, stream: true });
    await chat();
    await chat({ model: "nowhere" });
    clock.advance(1_000);
    for (const { runs } of [langsmith, less, none])
      await expect.poll(() => runs.length, { timeout: 60_000 }).toBe(3);
    const user = { role: "user", content: "Wörter, geheim\n[image]" };
    expect(langsmith.runs).toMatchObject([
      {
        inputs: { messages: [{ role: "system", content: "x".repeat(37) }, user] },
        outputs: { messages: [{ role: "assistant", content: expect.stringMatching(/^Wörter/) }] },
        extra: { metadata: { content_cut: true } },
      },
      {
        inputs: { messages: [{ role: "user", content: "secret words" }] },
        outputs: { messages: [{ role: "assistant", content: "secret words" }] },
      },
      { inputs: { messages: [{ content: "secret words" }] }, outputs: {} },
    ]);
    expect(langsmith.runs[1]?.extra.metadata).not.toHaveProperty("content_cut");
    expect(less.runs[1]).toMatchObject({
      inputs: { messages: [{ role: "user", content: "secret " }] },
      outputs: { messages: [{ role: "assistant", content: "secret " }] },
    });
    expect(none.runs.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [{}, {}],
      [{}, {}],
      [{}, {}],
    ]);
    const page = await gateway.engine.world.store?.request("calls.page", { limit: 10 });
    expect(page?.calls).toHaveLength(3);
    expect(
      JSON.stringify(page, (_, value) => (typeof value === "bigint" ? "" : value)),
    ).not.toMatch(/secret words|geheim/);
  });

  it("while it is silent without a call that waits for it", async () => {
    const langsmith = await startLangsmith(["silence"]);
    const { clock, chat } = await startSending(langsmith.url);
    expect((await chat()).status).toBe(200);
    clock.advance(1_000);
    await expect.poll(() => langsmith.requests.length).toBe(1);
    for (let sent = 0; sent < 20; sent += 1) expect((await chat()).status).toBe(200);
    expect(langsmith.runs).toEqual([]);
  });

  it("once it answers again, and the log says so", async () => {
    const langsmith = await startLangsmith([503, 429]);
    const { clock, chat, events } = await startSending(langsmith.url);
    await chat();
    for (const count of [1, 2, 3]) {
      await expect
        .poll(() => {
          clock.advance(1_000);
          return langsmith.requests.length;
        })
        .toBe(count);
    }
    await expect.poll(() => langsmith.runs.length).toBe(1);
    await expect.poll(events).toEqual(["sink_down", "sink_up"]);
  });

  it("no more where it refuses them for good, which is counted", async () => {
    const langsmith = await startLangsmith([401]);
    const { clock, chat, notices } = await startSending(langsmith.url);
    await chat();
    clock.advance(1_000);
    await expect
      .poll(() => notices)
      .toMatchObject([{ event: "sink_dropped", details: { dropped: 1 } }]);
    expect(JSON.stringify(notices)).not.toContain("ls-secret");
    await chat();
    clock.advance(1_000);
    await expect.poll(() => langsmith.runs.length).toBe(1);
  });

  it("before the gateway stops", async () => {
    const langsmith = await startLangsmith();
    const { gateway, chat } = await startSending(langsmith.url);
    await Promise.all(Array.from({ length: 230 }, () => chat()));
    await gateway.close();
    expect(langsmith.runs).toHaveLength(230);
    expect(new Set(langsmith.runs.map(({ id }) => id)).size).toBe(230);
  });
});

it("a config without a good address or key is refused with its place", async () => {
  const start = (sink: string) =>
    startGateway({
      port: 0,
      config: `providers: {}\nobserve: { sinks: [{ langsmith: { ${sink} } }] }`,
    });
  await expect(start('api_key: { value: x }, url: "ftp://x"')).rejects.toThrow(
    "config:2:63: observe.sinks[0].langsmith.url: is not an http or https URL",
  );
  await expect(start("project: x")).rejects.toThrow("observe.sinks[0].langsmith.api_key");
  await expect(startGateway({ port: 0, config: "observe: { sinks: [{}] }" })).rejects.toThrow(
    "observe.sinks[0]",
  );
});
