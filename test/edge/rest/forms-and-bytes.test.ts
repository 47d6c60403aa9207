import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  ModerationResultSchema,
  ModerationSpecSchema,
} from "../../../gen/parlance/moderation/v1/moderation_pb.js";
import { createConfiguredEngine } from "../../../src/configured-gateway.ts";
import { handleCall } from "../../../src/core/attempt.ts";
import type { Call } from "../../../src/core/call.ts";
import type { BytesBody, ClientCodec, Dialect, Facade } from "../../../src/core/dialect.ts";
import { dispatch } from "../../../src/core/dispatch/dispatch.ts";
import { encodeForm } from "../../../src/core/dispatch/encode-form.ts";
import type { FormBody } from "../../../src/core/form.ts";
import { readForm } from "../../../src/edge/rest/read-form.ts";
import { createRestHandler } from "../../../src/edge/rest/rest-handler.ts";
import { unwatched } from "../../../src/policies/routing/circuits/circuit-news.ts";
import { createCredentialCircuits } from "../../../src/policies/routing/circuits/credential-circuits.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { createUpstream } from "../../../src/upstream/client.ts";
import { createWireOutlet } from "../../../src/upstream/outlet.ts";
import { attemptedCall } from "../../calls.ts";
import { startServer } from "../start-server.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

/**
 * A vendor that is sent a form and answers with sound, in the place of a dialect that does so: what
 * is tested here is the edge and the dispatch.
 */
const toy: Dialect = {
  name: "toy",
  fidelity: {},
  forwardedHeaders: [],
  codecs: {
    moderate: {
      encodeRequest({ inputs }, { model }) {
        const said = inputs.flatMap(({ parts }) =>
          parts.map(({ part }) => (part.case === "text" ? part.value : "")),
        );
        const { bytes, contentType } = encodeForm([
          { name: "model", value: Buffer.from(model) },
          { name: "said", value: Buffer.from(said.join()), fileName: "said.txt" },
        ]);
        const headers = ["content-type", contentType];
        return {
          ok: true,
          value: { request: { method: "POST", path: "/sound", headers, body: bytes }, report: [] },
        };
      },
      replies: "bytes",
      decodeResponse: ({ bytes, contentType }: BytesBody) => ({
        ok: true,
        value: create(ModerationResultSchema, { id: `${contentType} ${text(bytes)}` }),
      }),
    },
  },
  decodeError: (status, _headers, body) => ({
    reason: ErrorReason.UPSTREAM_OVERLOADED,
    message: text(body),
    upstreamStatus: status,
  }),
  passthrough: {
    request: (_operation, body, { contentType = "" }) => ({
      method: "POST",
      path: "/sound",
      headers: ["content-type", contentType],
      body,
    }),
    scanUsage: () => undefined,
    watch: () => ({ see: () => ({ forward: true }), ended: () => true, missingEnd: () => "" }),
  },
};

function specOf(model: string, said: string) {
  const parts = [{ part: { case: "text", value: said } as const }];
  return create(ModerationSpecSchema, { model, inputs: [{ parts }] });
}

const encodeResponse = ({ id }: { readonly id: string }) => ({
  bytes: Buffer.from(`heard: ${id}`),
  contentType: "audio/x-toy",
});

const forms: ClientCodec<ReturnType<typeof specOf>, { readonly id: string }, unknown, FormBody> = {
  requests: "form",
  decodeRequest({ form }) {
    const said = (wanted: string) =>
      text(form.find(({ name }) => name === wanted)?.value ?? new Uint8Array());
    return {
      ok: true,
      value: { message: specOf(said("model"), said("file")), stream: false },
    };
  },
  encodeResponse,
};

const bytes: ClientCodec<ReturnType<typeof specOf>, { readonly id: string }, unknown, BytesBody> = {
  requests: "bytes",
  defaultModel: "m",
  decodeRequest: (body) => ({
    ok: true,
    value: { message: specOf("m", `${body.contentType} ${text(body.bytes)}`), stream: false },
  }),
  encodeResponse,
};

interface Toys {
  readonly facade: Pick<Facade, "name" | "codecs">;
  readonly answer: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void;
}

/** A gateway with a facade and a vendor of toys. */
async function start({ facade, answer }: Toys) {
  const vendor = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    answer(request, Buffer.concat(pieces), response);
  });
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void vendor.closeAllConnections());
  onTestFinished(() => void vendor.close());
  const upstream = createUpstream();
  onTestFinished(() => upstream.close());
  const outlet = createWireOutlet({
    provider: "p",
    dialect: toy,
    alsoSpeaks: [],
    families: [],
    quirks: {},
    operations: new Set(["moderate"]),
    baseUrl: { origin: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`, path: "" },
    paths: new Map(),
    auth: "none",
    credentials: [],
    circuits: createCredentialCircuits({
      records: createMemoryState().records,
      wallMs: Date.now,
      watch: unwatched,
    }),
    headers: [],
    timeouts: { connectMs: 0, firstTokenMs: 0, idleMs: 0 },
    upstream,
  });
  const config = { text: "providers: { sim: { kind: sim } }", filename: "" };
  const world = { record: () => undefined };
  const { engine } = await createConfiguredEngine({ config, world });
  const calls: Call[] = [];
  const handler = dispatch({})(() => "usage");
  const handle = (call: Call) => {
    calls.push(call);
    const target = { provider: "p", model: "their-model" };
    return handleCall(call, () => handler(attemptedCall(call, target, { outlet })));
  };
  const openAi = async (): Promise<Facade> => ({
    ...facade,
    encodeError: ({ message }) => JSON.stringify({ error: message }),
  });
  const never = () => Promise.reject(new Error("not asked for"));
  const rest = createRestHandler({
    engine: { ...engine, handle },
    facade: (name) => (name === "openai-chat" ? openAi() : never()),
    heartbeatMs: 0,
    ready: () => true,
    refuseElsewhere: () => false,
  });
  const { url } = await startServer({ handler: rest.handle });
  return {
    calls,
    post: (body: NonNullable<RequestInit["body"]>, type?: string) =>
      fetch(`${url}/v1/moderations`, {
        method: "POST",
        body,
        ...(type === undefined ? {} : { headers: { "content-type": type } }),
      }),
  };
}

function formOf(model: string, said: string): FormData {
  const form = new FormData();
  form.append("model", model);
  form.append("file", new Blob([said], { type: "audio/wav" }), "said.wav");
  return form;
}

const same = { name: "toy", codecs: { moderate: forms } };
const other = { name: "other", codecs: { moderate: forms } };

describe("a form to a vendor of its own dialect", () => {
  it("passes as it came, and sound is handed on while it is made", async () => {
    let finish: () => void = () => undefined;
    let seen: readonly unknown[] = [];
    const { post, calls } = await start({
      facade: same,
      answer(request, body, response) {
        const fields = readForm(request.headers["content-type"] ?? "", body);
        seen = fields.map(({ value, ...rest }) => [rest, text(value)]);
        response.writeHead(200, { "content-type": "audio/mpeg" }).write("one ");
        finish = () => response.end("two");
      },
    });
    const response = await post(formOf("m", "hello"));
    expect(response.headers.get("content-type")).toBe("audio/mpeg");
    const reader = response.body?.getReader();
    expect(text((await reader?.read())?.value ?? new Uint8Array())).toBe("one ");
    // The vendor goes on only now: what came before did not wait for it.
    expect(calls[0]?.life.ended).toBeUndefined();
    finish();
    expect(text((await reader?.read())?.value ?? new Uint8Array())).toBe("two");
    expect((await reader?.read())?.done).toBe(true);
    expect(seen).toEqual([
      [{ name: "model" }, "m"],
      [{ name: "file", fileName: "said.wav", contentType: "audio/wav" }, "hello"],
    ]);
    expect(calls[0]?.model).toBe("m");
    expect(calls[0]?.life.ended).toMatchObject({ kind: "whole" });
  });

  it("has a reply that breaks off broken off", async () => {
    const { post, calls } = await start({
      facade: same,
      answer(_request, _body, response) {
        response.writeHead(200, { "content-type": "audio/mpeg", "content-length": "100" });
        response.write("half", () => response.destroy());
      },
    });
    await expect(post(formOf("m", "a")).then((response) => response.text())).rejects.toThrow();
    expect(calls[0]?.life.ended).toMatchObject({
      kind: "broken",
      fault: { reason: ErrorReason.UPSTREAM_CUT },
    });
  });

  const failures: readonly (readonly [
    title: string,
    status: number,
    type: string,
    body: string,
  ])[] = [
    ["an error", 503, "application/json", '{"error":"busy"}'],
    ["an error that it calls a success", 200, "application/json", '{"error":"busy"}'],
    ["a page", 200, "text/html", "<html>"],
  ];
  for (const [title, status, type, body] of failures) {
    for (const facade of [same, other]) {
      it(`is failed by ${title}, with clients of the dialect ${facade.name}`, async () => {
        const { post } = await start({
          facade,
          answer: (_request, _body, response) =>
            void response.writeHead(status, { "content-type": type }).end(body),
        });
        const response = await post(formOf("m", "a"));
        expect(response.status).toBeGreaterThanOrEqual(500);
        expect(response.headers.get("content-type")).toBe("application/json");
      });
    }
  }
});

describe("a form to a vendor of another dialect", () => {
  it("is translated, and so is the sound that comes back", async () => {
    let seen: readonly unknown[] = [];
    const { post } = await start({
      facade: other,
      answer(request, body, response) {
        const fields = readForm(request.headers["content-type"] ?? "", body);
        seen = fields.map(({ name, value }) => [name, text(value)]);
        response.writeHead(200, { "content-type": "audio/mpeg" }).end("sound");
      },
    });
    const response = await post(formOf("m", "hello"));
    expect(response.headers.get("content-type")).toBe("audio/x-toy");
    expect(await response.text()).toBe("heard: audio/mpeg sound");
    expect(seen).toEqual([
      ["model", "their-model"],
      ["said", "hello"],
    ]);
  });

  it("is refused where it is no form", async () => {
    const { post, calls } = await start({ facade: other, answer: () => undefined });
    expect((await post('{"model":"m"}', "application/json")).status).toBe(415);
    expect((await post("--", "multipart/form-data; boundary=b")).status).toBe(400);
    expect((await post(new URLSearchParams({ model: "m" }))).status).toBe(415);
    expect(calls).toEqual([]);
  });
});

describe("bytes with a media type", () => {
  it("are broken where there are none", async () => {
    const { post } = await start({
      facade: same,
      answer: (_request, _body, response) =>
        void response.writeHead(200, { "content-type": "audio/mpeg" }).end(),
    });
    expect((await post(formOf("m", "a"))).status).toBe(502);
  });

  it("are a request as they are", async () => {
    let seen = "";
    const { post } = await start({
      facade: { name: "other", codecs: { moderate: bytes } },
      answer(request, body, response) {
        seen = text(readForm(request.headers["content-type"] ?? "", body)[1]?.value ?? body);
        response.writeHead(200, { "content-type": "audio/mpeg" }).end("sound");
      },
    });
    const response = await post(Buffer.from("RIFF"), "audio/wav");
    expect(await response.text()).toBe("heard: audio/mpeg sound");
    expect(seen).toBe("audio/wav RIFF");
  });
});
