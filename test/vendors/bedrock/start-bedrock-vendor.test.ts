import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEventStreamParser } from "../../../src/upstream/framing/event-stream.ts";
import { unicodeText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { startBedrockVendor } from "./start-bedrock-vendor.ts";

const credentials = {
  region: "eu-west-1",
  service: "bedrock",
  keyId: "AKID",
  secret: "the-secret",
};
const hello = { messages: [{ role: "user", content: [{ text: "hi there" }] }] };

/** SHA-256 in the shape that the signer takes. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error("not to be used again");
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

describe("the simulated Bedrock", () => {
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await startBedrockVendor(credentials);
  });
  afterAll(() => vendor.close());

  async function send(
    path: string,
    body: object,
    given: { secret?: string; at?: Date; sent?: object } = {},
  ) {
    const url = new URL(path, vendor.url);
    const text = JSON.stringify(body);
    const signer = new SignatureV4({
      credentials: {
        accessKeyId: credentials.keyId,
        secretAccessKey: given.secret ?? credentials.secret,
      },
      region: credentials.region,
      service: credentials.service,
      sha256: Sha256,
    });
    const { host, hostname, port, pathname } = url;
    const headers = { host, "content-type": "application/json" };
    const request = {
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: pathname,
      headers,
    };
    const signed = await signer.sign(
      { ...request, query: {}, body: text },
      { signingDate: given.at ?? new Date() },
    );
    const sent = given.sent === undefined ? text : JSON.stringify(given.sent);
    return fetch(url, { method: "POST", headers: signed.headers, body: sent });
  }

  const path = (model: string, operation: string) =>
    `/model/${encodeURIComponent(model)}/${operation}`;

  it("answers what is signed, with the model of the path", async () => {
    const reply = await send(path("anthropic.claude:0-text", "converse"), hello);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("x-amzn-requestid")).toMatch(/./);
    expect(await reply.json()).toMatchObject({
      output: { message: { role: "assistant", content: [{ text: "You said: hi there" }] } },
      stopReason: "end_turn",
    });
  });

  it.each([
    ["another secret", { secret: "another" }, "InvalidSignatureException"],
    ["an old clock", { at: new Date(Date.now() - 600_000) }, "InvalidSignatureException"],
    ["another body", { sent: { ...hello, system: [] } }, "InvalidSignatureException"],
  ])("refuses what was signed with %s", async (_, given, type) => {
    const reply = await send(path("m-text", "converse"), hello, given);
    expect(reply.status).toBe(403);
    expect(reply.headers.get("x-amzn-errortype")).toMatch(new RegExp(`^${type}:`));
  });

  it("refuses what is not signed", async () => {
    const reply = await fetch(`${vendor.url}${path("m", "converse")}`, {
      method: "POST",
      body: "{}",
    });
    expect(reply.headers.get("x-amzn-errortype")).toMatch(/^MissingAuthenticationTokenException:/);
  });

  it.each([
    ["e429", 429, "ThrottlingException"],
    ["e500", 500, "InternalServerException"],
    ["e403", 403, "AccessDeniedException"],
    ["context-length", 400, "ValidationException"],
  ])("fails as %s by status and type", async (scenario, status, type) => {
    const reply = await send(path(`m-${scenario}`, "converse-stream"), hello);
    expect(reply.status).toBe(status);
    expect(reply.headers.get("x-amzn-errortype")).toMatch(new RegExp(`^${type}:`));
  });

  it("says what is wrong with a body", async () => {
    const reply = await send(path("m", "converse"), { messages: [] });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toEqual({
      message: expect.stringMatching(/^A conversation must start/),
    });
  });

  async function frames(model: string, operation: string, body: object) {
    const reply = await send(path(model, operation), body);
    expect(reply.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
    const parser = createEventStreamParser();
    return [...parser.push(Buffer.from(await reply.arrayBuffer())), ...parser.end()];
  }

  it("streams events with sound checksums", async () => {
    const events = await frames("m-unicode", "converse-stream", hello);
    expect(events.map(({ event }) => event).filter((name) => name !== "contentBlockDelta")).toEqual(
      ["messageStart", "contentBlockStop", "messageStop", "metadata"],
    );
    const texts = events.map(
      ({ data }) => JSON.parse(Buffer.from(data).toString()).delta?.text ?? "",
    );
    expect(texts.join("")).toBe(unicodeText);
  });

  it("reports an exception within a stream", async () => {
    const events = await frames("m-midstream-error", "converse-stream", hello);
    expect(events.at(-1)?.event).toContain("modelStreamErrorException");
  });

  it("breaks a checksum within a stream", async () => {
    await expect(frames("m-malformed", "converse-stream", hello)).rejects.toThrow();
  });

  it("speaks Claude's own bodies, whole and in chunks", async () => {
    const body = {
      anthropic_version: "bedrock-2023-05-31",
      max_tokens: 9,
      messages: [{ role: "user", content: "hi there" }],
    };
    const whole = await send(path("m-text", "invoke"), body);
    expect(await whole.json()).toMatchObject({
      type: "message",
      content: [{ text: "You said: hi there" }],
    });
    const chunks = await frames("m-text", "invoke-with-response-stream", body);
    const types = chunks.map(({ data }) => {
      const { bytes } = JSON.parse(Buffer.from(data).toString());
      return JSON.parse(Buffer.from(bytes, "base64").toString()).type;
    });
    expect([types[0], types.at(-1)]).toEqual(["message_start", "message_stop"]);
    const refused = await send(path("m-text", "invoke"), { ...body, model: "m" });
    expect(await refused.json()).toEqual({ message: "model: Extra inputs are not permitted" });
  });
});
