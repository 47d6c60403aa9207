import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../src/serve.ts";
import { serveHttp } from "../upstream/servers.ts";
import { startTokenServer, type TokenServer } from "../upstream/token-server.ts";

const completion = {
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello!" } }],
};
const generated = {
  candidates: [
    { index: 0, finishReason: "STOP", content: { role: "model", parts: [{ text: "Hello!" }] } },
  ],
};

/** A vendor that knows one token only. */
async function startVendor(token: string, reply: object) {
  const shown: string[] = [];
  const origin = await serveHttp((request, response) => {
    shown.push(request.headers.authorization ?? "");
    response.statusCode = request.headers.authorization === `Bearer ${token}` ? 200 : 401;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify(response.statusCode === 200 ? reply : { error: { message: "who are you?" } }),
    );
  });
  return { origin, shown };
}

async function chat(config: object, env: Record<string, string> = {}) {
  const gateway = await startGateway({
    config: JSON.stringify({ providers: { p: config } }),
    env,
    port: 0,
  });
  onTestFinished(gateway.close);
  const ask = async () => {
    const body = JSON.stringify({ model: "p/m", messages: [{ role: "user", content: "Hi" }] });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers,
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  return { ask };
}

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const account = {
  type: "service_account",
  project_id: "of-the-key",
  client_email: "sa@x",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
};
const application = { tenant_id: "t", client_id: "c", client_secret: { value: "shown-never" } };
const client = { client_id: "c", client_secret: { value: "shown-never" } };

type Case = readonly [
  title: string,
  reply: object,
  provider: (vendor: string, tokens: string) => object,
  env: (tokens: string) => Record<string, string>,
];
const cases: readonly Case[] = [
  [
    "on Azure",
    completion,
    (vendor) => ({ kind: "azure_ai", base_url: vendor, azure: application }),
    (tokens) => ({ AZURE_AUTHORITY_HOST: tokens }),
  ],
  [
    "on Google Cloud",
    generated,
    (vendor, tokens) => {
      const json = JSON.stringify({ ...account, token_uri: `${tokens}/token` });
      return { kind: "vertex_ai", base_url: vendor, google: { credentials: { value: json } } };
    },
    () => ({}),
  ],
  [
    "behind OAuth 2.0",
    completion,
    (vendor, tokens) => ({
      kind: "openai_compatible",
      base_url: vendor,
      oauth2: { ...client, token_url: tokens },
    }),
    () => ({}),
  ],
];

describe("a gateway whose vendor is", () => {
  for (const [title, reply, provider, env] of cases) {
    const start = async ({ origin }: TokenServer, token: string) => {
      const vendor = await startVendor(token, reply);
      return { ...(await chat(provider(vendor.origin, origin), env(origin))), shown: vendor.shown };
    };

    it(`${title} shows a token, and fetches one for many calls`, async () => {
      const tokens = await startTokenServer();
      const { ask, shown } = await start(tokens, "token-1");
      const replies = await Promise.all(Array.from({ length: 100 }, ask));
      expect(replies.every(({ status, text }) => status === 200 && text.includes("Hello!"))).toBe(
        true,
      );
      expect(new Set(shown)).toEqual(new Set(["Bearer token-1"]));
      expect(tokens.asked).toHaveLength(1);
    });

    it(`${title} fetches one more where it is refused, and no third`, async () => {
      const tokens = await startTokenServer();
      const { ask, shown } = await start(tokens, "token-2");
      expect((await ask()).status).toBe(200);
      expect(shown).toEqual(["Bearer token-1", "Bearer token-2"]);
      const refusing = await start(await startTokenServer(), "another");
      expect((await refusing.ask()).status).toBe(502);
      expect(refusing.shown).toEqual(["Bearer token-1", "Bearer token-2"]);
    });

    it(`${title} names the provider where no token can be had, and asks the vendor nothing`, async () => {
      const tokens = await startTokenServer(
        (response) => void response.writeHead(500).end("<html>shown-never</html>"),
      );
      const { ask, shown } = await start(tokens, "token-1");
      const { status, text } = await ask();
      expect(status).toBe(500);
      expect(text).toContain("provider p: no token could be had");
      expect(text).not.toContain("shown-never");
      expect(shown).toEqual([]);
    });
  }
});
