import { describe, expect, it } from "vitest";
import { openAiChatFacade } from "../../../src/adapters/openai-chat/index.ts";
import { createConfiguredEngine } from "../../../src/configured-gateway.ts";
import type { Facade } from "../../../src/core/dialect.ts";
import type { Engine } from "../../../src/edge/gateway-api.ts";
import { createFacadeLoader } from "../../../src/edge/rest/rest-edge.ts";
import { createRestHandler } from "../../../src/edge/rest/rest-handler.ts";
import { startServer } from "../start-server.ts";

const body = JSON.stringify({ model: "sim/echo", messages: [{ role: "user", content: "hi" }] });
const headers = { "content-type": "application/json" };

/** A REST surface whose facade of OpenAI's clients loads as told. */
async function start(load: () => Promise<Facade>) {
  const bugs: unknown[] = [];
  const world = { record: () => undefined, onBug: (error: unknown) => void bugs.push(error) };
  const config = { text: "providers: { sim: { kind: sim } }", filename: "" };
  const { engine }: { readonly engine: Engine } = await createConfiguredEngine({ config, world });
  const never = () => Promise.reject(new Error("not asked for"));
  const openAi = createFacadeLoader(load);
  const rest = createRestHandler({
    engine,
    facade: (name) => (name === "openai-chat" ? openAi() : never()),
    heartbeatMs: 0,
    ready: () => true,
    refuseElsewhere: () => false,
  });
  const onError = (_exchange: unknown, error: unknown): void => engine.onBug(error);
  const { url } = await startServer({ handler: rest.handle, onError });
  return {
    bugs,
    call: () => fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body }),
  };
}

describe("a facade", () => {
  it("is loaded once for the calls that need it", async () => {
    let loads = 0;
    const { bugs, call } = await start(async () => {
      loads += 1;
      return openAiChatFacade;
    });
    expect((await Promise.all([call(), call()])).map(({ status }) => status)).toEqual([200, 200]);
    expect((await call()).status).toBe(200);
    expect(loads).toBe(1);
    expect(bugs).toEqual([]);
  });

  it("that cannot be loaded fails the call with 500, and is loaded anew for the next", async () => {
    const failure = new Error("too many open files");
    let broken = true;
    const { bugs, call } = await start(() =>
      broken ? Promise.reject(failure) : Promise.resolve(openAiChatFacade),
    );
    const reply = await call();
    expect(reply.status).toBe(500);
    expect(await reply.text()).not.toContain(failure.message);
    expect(bugs).toContain(failure);
    broken = false;
    expect((await call()).status).toBe(200);
  });
});
