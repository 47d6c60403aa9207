import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createClient } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { AuditService } from "../../gen/parlance/admin/v1/audit_service_pb.js";
import { ConfigService } from "../../gen/parlance/admin/v1/config_service_pb.js";
import { KeyService } from "../../gen/parlance/admin/v1/key_service_pb.js";
import { ProviderService } from "../../gen/parlance/admin/v1/provider_service_pb.js";
import { UsageService } from "../../gen/parlance/admin/v1/usage_service_pb.js";
import { connectWith } from "../../src/cli/running/running-gateway.ts";
import { callFields } from "../../src/logging/call-fields.ts";
import { runIn, startIn } from "../cli/shell.ts";
import { folderWith } from "../cli/spawn-parlance.ts";
import { shows, spellings } from "../upstream/spellings.ts";

const secretOf = (what: string) => `${what}/Of+Every=The.Row-0123456789abcdefXYZ`;

/** What nobody is shown, whoever it is. */
const credentials = {
  admin: secretOf("4dmin"),
  dev: secretOf("D3v"),
  stranger: secretOf("Str4nger"),
  inQuery: secretOf("Qu3ry"),
  vendor: secretOf("V3ndor"),
  header: secretOf("H34der"),
  made: secretOf("M4de"),
  virtual: secretOf("V1rtual"),
  langsmith: secretOf("L4ngsmith"),
  clickhouse: secretOf("Cl1ckhouse"),
  slack: "sl4ck-token-of-a-channel-0123456789",
  webhook: secretOf("W3bhook"),
  authorization: secretOf("Auth0r"),
  otlp: secretOf("0tlp"),
  redis: secretOf("R3dis"),
  database: secretOf("Dat4base"),
  encryption: "5ec4e7".padEnd(64, "a1b2c3d4"),
} as const;

/** What was said, which only callers and vendors see. */
const content = {
  prompt: "pr0mpt-of-the-caller",
  answer: "4nswer-of-the-model",
  argument: "4rgument-of-a-tool",
} as const;

async function listening(take: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(take);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

/** A vendor whose failures repeat all that they were sent. */
function startVendor(): Promise<string> {
  return listening((request, response) => {
    void buffer(request).then((body) => {
      const asked = body.toString();
      const echo = `no: ${JSON.stringify(request.headers)} ${asked}`;
      const send = (status: number, type: string, text: string) =>
        response.writeHead(status, { "content-type": type, "x-request-id": "r1" }).end(text);
      const failure = JSON.stringify({ error: { message: echo, type: "t", code: echo } });
      const refusal = { error: { message: JSON.stringify(request.headers) } };
      if (asked.includes('"denied"')) return send(401, "application/json", JSON.stringify(refusal));
      if (asked.includes('"fails"')) return send(400, "application/json", failure);
      if (asked.includes('"down"')) return send(503, "application/json", failure);
      const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
      const call = { name: "look", arguments: JSON.stringify({ at: content.argument }) };
      const tool_calls = [{ index: 0, id: "c1", type: "function", function: call }];
      const said = { role: "assistant", content: content.answer, tool_calls };
      const of = { id: "a1", created: 1, model: "whole" };
      const choice = { index: 0, finish_reason: "tool_calls" };
      if (!asked.includes('"stream":true')) {
        const choices = [{ ...choice, message: said }];
        const whole = { ...of, object: "chat.completion", choices, usage };
        return send(200, "application/json", JSON.stringify(whole));
      }
      const chunk = {
        ...of,
        object: "chat.completion.chunk",
        choices: [{ index: 0, delta: said }],
      };
      return send(
        200,
        "text/event-stream",
        `data: ${JSON.stringify(chunk)}\n\ndata: ${failure}\n\n`,
      );
    });
  });
}

/** Takes what sinks and tracing send, and keeps the bodies. */
async function startPlaces() {
  const bodies = new Map<string, string>();
  const url = await listening((request, response) => {
    void buffer(request).then((body) => {
      const path = (request.url ?? "").split("?")[0] ?? "";
      expect([path, request.headers["content-encoding"]]).toEqual([path, undefined]);
      bodies.set(path, (bodies.get(path) ?? "") + body.toString("latin1"));
      response.writeHead(200).end();
    });
  });
  return { url, bodies };
}

/** The config: secrets by value, in the environment, in addresses, headers and queries. */
function configOf(vendor: string, places: string, folder: string, format: string): string {
  const value = (text: string) => ({ value: text });
  const withUser = (url: string) =>
    url.replace("://", `://u:${encodeURIComponent(credentials.database)}@`);
  return JSON.stringify({
    auth: { admin_key: { env: "ADMIN_KEY" } },
    keys: [{ name: "dev", value: value(credentials.dev) }],
    store: {
      sqlite: { path: join(folder, "parlance.db") },
      journal: { path: join(folder, "journal") },
      encryption_key: value(credentials.encryption),
    },
    state: {
      redis: { url: value(`redis://u:${encodeURIComponent(credentials.redis)}@127.0.0.1:9`) },
    },
    providers: {
      v: {
        kind: "openai_compatible",
        base_url: `${vendor}/v1`,
        api_key: { env: "VENDOR_KEY" },
        headers: { "X-Pass": credentials.header },
      },
    },
    models: [
      { name: "whole", targets: [{ model: "v/whole" }] },
      { name: "fails", targets: [{ model: "v/fails" }] },
      {
        name: "down",
        targets: [{ model: "v/down" }],
        retry: { attempts: 2 },
        fallbacks: ["fails"],
      },
    ],
    observe: {
      log: { level: "DEBUG", format, fields: callFields },
      tracing: {
        otlp: { url: places, headers: { authorization: value(credentials.otlp) } },
      },
      sinks: [
        { jsonl: { dir: join(folder, "calls") } },
        {
          webhook: {
            url: value(`${places}/webhook?token=${encodeURIComponent(credentials.inQuery)}`),
            secret: value(`whsec_${Buffer.from(credentials.webhook).toString("base64")}`),
            authorization: value(credentials.authorization),
          },
        },
        { langsmith: { url: places, api_key: value(credentials.langsmith) } },
        { clickhouse: { url: places, password: value(credentials.clickhouse) } },
        { otlp: { url: places, headers: { authorization: value(credentials.otlp) } } },
        { slack: { url: value(`${places}/${credentials.slack}`) } },
        {
          name: "lost",
          webhook: {
            url: value(withUser("http://127.0.0.1:9/lost")),
            secret: value("whsec_bG9zdA=="),
          },
        },
      ],
    },
  });
}

/** What a gateway has let out, by where. */
type Output = readonly [name: string, text: string];

/** Everything that a folder holds, by the path of each file. */
function filesIn(folder: string): readonly Output[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path, "latin1")] as const);
}

/** Calls of all kinds, and what their callers are told. */
async function call(url: string, key: string): Promise<readonly string[]> {
  const send = async (path: string, headers: Record<string, string>, body: object) => {
    const all = { "content-type": "application/json", ...headers };
    const reply = await fetch(url + path, {
      method: "POST",
      headers: all,
      body: JSON.stringify(body),
    });
    return `${reply.status} ${JSON.stringify([...reply.headers])} ${await reply.text()}`;
  };
  const messages = [{ role: "user", content: content.prompt }];
  const bearer = { authorization: `Bearer ${key}` };
  const openai = "/v1/chat/completions";
  const told: string[] = [];
  for (const model of ["whole", "fails", "down", "v/denied"])
    for (const stream of [false, true])
      told.push(await send(openai, bearer, { model, stream, messages }));
  const anthropic = { model: "fails", max_tokens: 9, messages };
  told.push(await send("/v1/messages", { "x-api-key": key }, anthropic));
  told.push(await send(openai, { authorization: `Bearer ${credentials.stranger}` }, { messages }));
  told.push(await send("/v1/messages", { "x-api-key": credentials.stranger }, anthropic));
  const contents = [{ role: "user", parts: [{ text: content.prompt }] }];
  const query = `key=${encodeURIComponent(credentials.inQuery)}`;
  told.push(await send(`/v1beta/models/fails:generateContent?${query}`, {}, { contents }));
  told.push(await send(`/no/such/path?${query}`, bearer, {}));
  told.push(await send(openai, bearer, { model: 1, messages }));
  return told;
}

/** What admins are shown by RPC. */
async function shownToAdmins(url: string): Promise<readonly Output[]> {
  const transport = await connectWith(url, credentials.admin);
  const providers = createClient(ProviderService, transport);
  await providers.createProvider({
    name: "made",
    settings: {
      kind: "openai",
      apiKey: { source: { case: "value", value: credentials.made } },
    },
  });
  const keys = createClient(KeyService, transport);
  await keys.createKey({ key: { alias: "virtual" }, value: credentials.virtual, signing: true });
  const config = createClient(ConfigService, transport);
  const usage = createClient(UsageService, transport);
  const answers = {
    GetConfig: config.getConfig({}),
    Plan: config.plan({
      text: JSON.stringify({
        providers: {
          v: {
            kind: "openai",
            api_key: { value: credentials.vendor },
            headers: { X: credentials.header },
          },
        },
      }),
    }),
    ListProviders: providers.listProviders({}),
    ListKeys: keys.listKeys({}),
    ListAuditEntries: createClient(AuditService, transport).listAuditEntries({}),
    ListCalls: usage.listCalls({}),
  };
  return Promise.all(
    Object.entries(answers).map(async ([name, answer]) => [name, print(await answer)] as const),
  );
}

function print(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one));
}

/** Whether a file, which may be large, holds a secret in one of its spellings. */
function holds(text: string, secret: string): boolean {
  return Object.values(spellings).some((spell) => text.includes(spell(secret)));
}

/** Where any of the secrets is shown. */
function leaks(
  outputs: readonly Output[],
  secrets: Readonly<Record<string, string>>,
  isShown: (text: string, secret: string) => boolean,
): readonly string[] {
  return outputs.flatMap(([name, text]) =>
    Object.entries(secrets).flatMap(([what, secret]) =>
      isShown(text, secret) ? [`${what} in ${name}`] : [],
    ),
  );
}

describe("secrets and what is said in calls", { timeout: 120_000 }, () => {
  it("are in no output of a gateway", async () => {
    const folder = folderWith({ "parlance.yaml": "" });
    const path = join(folder, "parlance.yaml");
    const places = await startPlaces();
    const vendor = await startVendor();
    const write = (format: string) =>
      writeFileSync(path, configOf(vendor, places.url, folder, format));
    write("JSON");
    const env = { ADMIN_KEY: credentials.admin, VENDOR_KEY: credentials.vendor };
    const running = startIn(["serve", "--port", "0", "--config", path], { env });
    const said = (pattern: RegExp) =>
      vi.waitUntil(() => pattern.exec(running.printed.stderr)?.[1], 50_000);
    const url = await said(/listens on (\S+)/);

    const told = await call(url, credentials.dev);
    const shown = await shownToAdmins(url);
    const at = ["--url", url, "--key", credentials.admin];
    const commands = [
      ["check", path],
      ["provider", "show", "made", ...at],
      ["usage", ...at],
    ];
    const printed = await Promise.all(commands.map((args) => runIn(args, { env })));
    const authorization = `Bearer ${credentials.admin}`;
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization } });
    const exposed = await metrics.text();
    write("PRETTY");
    running.signal("SIGHUP");
    await said(/(is in force)/);
    const toldLater = await call(url, credentials.virtual);
    for (const [first = ""] of [told, toldLater])
      expect(first).toMatch(/^200 .*4nswer-of-the-model/);
    running.signal("SIGINT");
    expect((await running.ran).code).toBe(0);

    const shownTexts: readonly Output[] = [
      ["standard output", running.printed.stdout],
      ["standard error", running.printed.stderr],
      ["metrics", exposed],
      ...shown,
      ...commands.map((args, index) => [args.join(" "), print(printed[index])] as const),
      ["replies", [...told, ...toldLater].join("\n")],
    ];
    const files = [...places.bodies, ...filesIn(folder).filter(([file]) => file !== path)];
    const names = [...shownTexts, ...files].flatMap(([name, text]) => (text === "" ? [] : [name]));
    for (const name of [
      "metrics",
      "/v1/traces",
      "/v1/logs",
      "/webhook",
      "calls.jsonl",
      "parlance.db",
    ])
      expect(names.join("\n")).toContain(name);
    expect(places.bodies.size).toBeGreaterThan(4);
    expect(running.printed.stdout).toMatch(/"trail":\[.*UPSTREAM_/);
    expect(running.printed.stdout).toMatch(/ms chat down .*UPSTREAM_\w+ .*\[v\/down/);
    expect(leaks(shownTexts, credentials, shows)).toEqual([]);
    expect(leaks(files, credentials, holds)).toEqual([]);
    const withoutReplies = shownTexts.filter(([name]) => name !== "replies");
    const includes = (text: string, part: string) => text.includes(part);
    expect(leaks([...withoutReplies, ...files], content, includes)).toEqual([]);
  });
});
