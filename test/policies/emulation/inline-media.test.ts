import type { ServerResponse } from "node:http";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { World } from "../../../src/composition/world.ts";
import { startGateway } from "./start-gateway.ts";
import { type SeenRequest, sendJson, startShapedVendor } from "./start-shaped-vendor.ts";

const png = Buffer.from("89504e470d0a1a0a0000000d494844520000000100000001", "hex");

function send(
  response: ServerResponse,
  body: Buffer | string,
  type: string,
  status = 200,
  more: object = {},
): void {
  response.writeHead(status, { "content-type": type, ...more });
  response.end(body);
}

/** What the host of pictures answers at each path. */
function answerMedia({ path }: SeenRequest, response: ServerResponse, metadata: string): void {
  switch (path) {
    case "/a.png":
    case "/b.png":
      send(response, png, "image/png");
      return;
    case "/as-bytes":
      send(response, png, "application/octet-stream");
      return;
    case "/to-a":
      send(response, "", "text/plain", 302, { location: "/a.png" });
      return;
    case "/loop":
      send(response, "", "text/plain", 302, { location: "/loop" });
      return;
    case "/to-metadata":
      send(response, "", "text/plain", 302, { location: metadata });
      return;
    case "/to-file":
      send(response, "", "text/plain", 302, { location: "file:///etc/passwd" });
      return;
    case "/html":
      send(response, "<html>not a picture</html>", "text/html");
      return;
    case "/lies":
      send(response, png, "text/html");
      return;
    case "/named-only":
      send(response, "nothing of the kind", "image/png");
      return;
    case "/told-large":
      response.writeHead(200, { "content-type": "image/png", "content-length": "999999" });
      response.flushHeaders();
      return;
    case "/large":
      response.writeHead(200, { "content-type": "image/png" });
      response.end(Buffer.concat([png, Buffer.alloc(4000)]));
      return;
    case "/empty":
      send(response, "", "image/png");
      return;
    case "/zipped":
      send(response, png, "image/png", 200, { "content-encoding": "gzip" });
      return;
    case "/cut":
      response.writeHead(200, { "content-type": "image/png", "content-length": "500" });
      response.write(png, () => response.destroy());
      return;
    case "/slow":
      return;
    default:
      send(response, "", "text/plain", 404);
  }
}

interface Settings {
  readonly media?: object;
  readonly world?: Partial<World>;
}

async function start({ media = {}, world = {} }: Settings = {}) {
  const pictures = await startShapedVendor((request, response) =>
    answerMedia(request, response, "http://metadata.test/latest/meta-data/"),
  );
  const vendor = await startShapedVendor((_request, response) =>
    sendJson(response, {
      model: "llava",
      message: { role: "assistant", content: "ok" },
      done: true,
      done_reason: "stop",
    }),
  );
  const asked: string[] = [];
  const lookup = async (host: string): Promise<readonly string[]> => {
    asked.push(host);
    if (host === "metadata.test") return ["169.254.169.254"];
    return host.endsWith(".test") ? ["127.0.0.1"] : Promise.reject(new Error("not found"));
  };
  const gateway = await startGateway(
    {
      providers: { o: { kind: "ollama", base_url: vendor.url } },
      media_fetch: { private_hosts: ["pictures.test"], max_bytes: 1000, ...media },
    },
    { lookup, ...world },
  );
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  const at = (path: string) => `http://pictures.test:${pictures.port}${path}`;
  const ask = (...urls: readonly string[]) =>
    client.chat.completions
      .create({
        model: "o/llava",
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is it?" },
              ...urls.map((url) => ({ type: "image_url" as const, image_url: { url } })),
            ],
          },
        ],
      })
      .withResponse();
  return { pictures, vendor, gateway, asked, at, ask };
}

describe("pictures by address, for a vendor that takes only bytes", () => {
  for (const path of ["/a.png", "/as-bytes", "/to-a"]) {
    it(`are fetched and sent as bytes: ${path}`, async () => {
      const { vendor, pictures, at, ask, gateway } = await start();
      const { response } = await ask(at(path));
      expect(JSON.parse(vendor.seen[0]?.body ?? "{}")).toMatchObject({
        messages: [{ content: "What is it?", images: [png.toString("base64")] }],
      });
      expect(response.headers.get("x-parlance-fidelity")).toContain(
        "messages[0].parts[1].image.url=EMULATED",
      );
      for (const { headers } of pictures.seen) {
        expect(headers).not.toHaveProperty("authorization");
        expect(headers).not.toHaveProperty("cookie");
        expect(headers.host).toBe(`pictures.test:${pictures.port}`);
      }
      expect(gateway.bugs).toEqual([]);
    });
  }

  it("are fetched once each, several at a time, and keep their places", async () => {
    const { vendor, pictures, at, ask } = await start();
    await ask(at("/a.png"), at("/b.png"), at("/a.png"));
    expect(pictures.seen.map(({ path }) => path).toSorted()).toEqual(["/a.png", "/b.png"]);
    expect(JSON.parse(vendor.seen[0]?.body ?? "{}").messages[0].images).toHaveLength(3);
  });

  const refusals: readonly (readonly [path: string, why: string])[] = [
    ["/to-metadata", "the address redirects to an address that leads into a private network"],
    ["/to-file", "the address redirects to an address that must begin with http"],
    ["/loop", "the address redirects more than 5 times"],
    ["/html", "the content is not a picture"],
    ["/lies", "the content is said to be text/html"],
    ["/named-only", "the content is not a picture"],
    ["/told-large", "the address holds more than 1000 bytes"],
    ["/large", "the address holds more than 1000 bytes"],
    ["/empty", "the address answered with nothing"],
    ["/zipped", "the address answered with gzip"],
    ["/cut", "the address cannot be read"],
    ["/missing", "the address answered with status 404"],
  ];
  for (const [path, why] of refusals) {
    it(`are refused before the vendor is asked, with the field and the reason: ${path}`, async () => {
      const { vendor, at, ask, gateway } = await start();
      await expect(ask(at("/a.png"), at(path))).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining(`messages[0].parts[2].image.url: ${why}`),
      });
      expect(vendor.seen).toHaveLength(0);
      expect(gateway.bugs).toEqual([]);
    });
  }

  it("are refused at private addresses, whatever the name, and nothing is asked there", async () => {
    const { pictures, ask } = await start();
    for (const url of [
      `http://127.0.0.1:${pictures.port}/a.png`,
      `http://2130706433:${pictures.port}/a.png`,
      `http://[::ffff:127.0.0.1]:${pictures.port}/a.png`,
      `http://other.test:${pictures.port}/a.png`,
    ]) {
      await expect(ask(url)).rejects.toMatchObject({
        message: expect.stringContaining("private network"),
      });
    }
    expect(pictures.seen).toHaveLength(0);
  });

  it("are fetched from the very address that was checked: the name is looked up once", async () => {
    const { asked, at, ask } = await start();
    await ask(at("/a.png"));
    expect(asked).toEqual(["pictures.test"]);
  });

  it("are fetched from private addresses where that is allowed", async () => {
    const { pictures, ask } = await start({ media: { allow_private_addresses: true } });
    await ask(`http://127.0.0.1:${pictures.port}/a.png`);
    expect(pictures.seen).toHaveLength(1);
  });

  it("are refused together where they are too large together", async () => {
    const { at, ask } = await start({ media: { max_total_bytes: 30 } });
    await ask(at("/a.png"));
    await expect(ask(at("/a.png"), at("/b.png"))).rejects.toMatchObject({
      message: expect.stringContaining("larger than 30 bytes"),
    });
  });

  it("are refused where fetching is switched off, with what to do", async () => {
    const { at, ask, pictures } = await start({ media: { disabled: true } });
    await expect(ask(at("/a.png"))).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("send the bytes"),
    });
    expect(pictures.seen).toHaveLength(0);
  });

  it("are given up when they take too long", async () => {
    const due: (() => void)[] = [];
    const schedule: World["schedule"] = (run, delayMs) => {
      if (delayMs === 250) due.push(run);
      return () => undefined;
    };
    const { at, ask, pictures } = await start({ media: { timeout: "0.25s" }, world: { schedule } });
    const asked = ask(at("/slow"));
    const refused = expect(asked).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("within 250 ms"),
    });
    while (pictures.seen.length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    for (const run of due) run();
    await refused;
    await pictures.seen[0]?.aborted;
  });

  it("are given up when the caller leaves", async () => {
    const { at, gateway, pictures } = await start();
    const leaving = new AbortController();
    const body = JSON.stringify({
      model: "o/llava",
      messages: [
        { role: "user", content: [{ type: "image_url", image_url: { url: at("/slow") } }] },
      ],
    });
    const headers = { "content-type": "application/json" };
    const asked = fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers,
      body,
      signal: leaving.signal,
    });
    const left = expect(asked).rejects.toThrow();
    while (pictures.seen.length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    leaving.abort();
    await left;
    await pictures.seen[0]?.aborted;
    expect(await gateway.recorded(1)).toMatchObject([{ callerGone: true }]);
    expect(gateway.bugs).toEqual([]);
  });

  const held: readonly (readonly [title: string, url: string, why: string | undefined])[] = [
    ["base64", `data:image/png;base64,${png.toString("base64")}`, undefined],
    [
      "base64 behind parameters",
      `data:image/png;name=a;base64,${png.toString("base64")}`,
      undefined,
    ],
    [
      "what is no base64",
      `data:image/png;base64,${png.toString("base64")}@`,
      "the data URL is not valid",
    ],
    ["nothing", "data:image/png;base64,", "the data URL holds nothing"],
    ["no comma", "data:image/png", "the data URL is not valid"],
  ];
  for (const [title, url, why] of held) {
    it(`are ${why === undefined ? "taken from" : "refused in"} a data: address that holds ${title}`, async () => {
      const { vendor, gateway } = await start();
      const client = createClient(
        ChatService,
        createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
      );
      const image = { source: { case: "url", value: url } } as const;
      const messages = [
        { role: Role.USER, parts: [{ content: { case: "image", value: image } } as const] },
      ];
      const call = client.complete({ chat: { model: "o/llava", messages } });
      if (why === undefined) {
        await call;
        expect(JSON.parse(vendor.seen[0]?.body ?? "{}").messages[0].images).toEqual([
          png.toString("base64"),
        ]);
      } else {
        await expect(call).rejects.toThrow(`messages[0].parts[0].image.url: ${why}`);
        expect(vendor.seen).toHaveLength(0);
      }
    });
  }

  it("are told of by a dry run, which fetches nothing", async () => {
    const { at, gateway, pictures } = await start();
    const client = createClient(
      ChatService,
      createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
    );
    const image = { source: { case: "url", value: at("/a.png") } } as const;
    const messages = [
      { role: Role.USER, parts: [{ content: { case: "image", value: image } } as const] },
    ];
    const { targets } = await client.explain({ chat: { model: "o/llava", n: 2, messages } });
    expect(targets[0]?.fidelity).toMatchObject([
      { field: "messages[0].parts[0].image.url", outcome: FieldOutcome.EMULATED },
      { field: "n", outcome: FieldOutcome.EMULATED },
      {},
    ]);
    expect(targets[0]).toMatchObject({ requestLine: "POST /api/chat", bodyJson: "" });
    expect(targets[0]?.why).toContain("1 files would be fetched first");
    expect(pictures.seen).toHaveLength(0);
  });
});
