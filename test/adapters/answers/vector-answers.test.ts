import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { asObject, asObjects, type Json, parseJson } from "../../vendors/json-value.ts";
import { type ScriptedVendor, startScriptedVendor, whole } from "./start-scripted-vendor.ts";

const floats = [0.5, -2];
const packed = Buffer.from(new Float32Array(floats).buffer).toString("base64");

/** Vendors of each dialect that has embeddings, and what they answer with some vectors. */
const vendors: readonly {
  readonly kind: string;
  readonly basePath: string;
  readonly answer: (vectors: readonly Json[]) => Json;
}[] = [
  ...["openai_compatible", "hosted_vllm", "lm_studio", "mistral"].map((kind) => ({
    kind,
    basePath: "/v1",
    answer: (vectors: readonly Json[]): Json => ({
      object: "list",
      data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
      model: "m",
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }),
  })),
  {
    kind: "gemini",
    basePath: "",
    answer: (vectors) => ({ embeddings: vectors.map((values) => ({ values })) }),
  },
  {
    kind: "ollama",
    basePath: "",
    answer: (vectors) => ({ model: "m", embeddings: vectors, prompt_eval_count: 1 }),
  },
  {
    kind: "cohere",
    basePath: "",
    answer: (vectors) => ({
      id: "e",
      embeddings: { float: vectors },
      texts: ["a", "b"],
      meta: { billed_units: { input_tokens: 1 } },
      response_type: "embeddings_by_type",
    }),
  },
];

/** Clients of each dialect, asking for the vectors of two texts. */
const clients: readonly {
  readonly name: string;
  readonly path: (model: string) => string;
  readonly body: (model: string) => Json;
}[] = [
  {
    name: "OpenAI's",
    path: () => "/v1/embeddings",
    body: (model) => ({ model, input: ["a", "b"] }),
  },
  {
    name: "Google's",
    path: (model) => `/v1beta/models/${model}:batchEmbedContents`,
    body: (model) => ({
      requests: ["a", "b"].map((text) => ({
        model: `models/${model}`,
        content: { parts: [{ text }] },
      })),
    }),
  },
  { name: "Ollama's", path: () => "/api/embed", body: (model) => ({ model, input: ["a", "b"] }) },
  {
    name: "Cohere's",
    path: () => "/v2/embed",
    body: (model) => ({
      model,
      texts: ["a", "b"],
      input_type: "search_query",
      embedding_types: ["float"],
    }),
  },
  {
    name: "typed",
    path: () => "/parlance.embed.v1.EmbedService/Embed",
    body: (model) => ({ spec: { model, inputs: [{ text: "a" }, { text: "b" }] } }),
  },
];

const running = new Map<string, ScriptedVendor>();
let gateway: { readonly url: string; close(): Promise<unknown> };

beforeAll(async () => {
  const providers: Record<string, Json> = {};
  for (const { kind, basePath } of vendors) {
    const vendor = await startScriptedVendor();
    running.set(kind, vendor);
    providers[kind] = { kind, base_url: `${vendor.url}${basePath}`, api_key: { value: "k" } };
  }
  const text = JSON.stringify({ server: { port: 0 }, providers });
  gateway = await startGateway({ config: { text, filename: "test" } });
});
afterAll(async () => {
  await gateway.close();
  for (const vendor of running.values()) await vendor.close();
});

async function ask(path: string, body: Json): Promise<{ status: number; json: Json | undefined }> {
  const reply = await fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: reply.status, json: parseJson(await reply.text()) };
}

for (const { kind, answer } of vendors) {
  describe(`vectors of ${kind}`, () => {
    for (const { name, path, body } of clients) {
      it(`reach ${name} clients where there is one for each input`, async () => {
        running.get(kind)?.answer(whole(answer([floats, floats])));
        const { status } = await ask(path(`${kind}/m`), body(`${kind}/m`));
        expect(status).toBe(200);
      });
      for (const [title, vectors] of [
        ["fewer", [floats]],
        ["more", [floats, floats, floats]],
        ["no", []],
      ] as const) {
        it(`are refused for ${name} clients where there are ${title} than inputs`, async () => {
          running.get(kind)?.answer(whole(answer(vectors)));
          const { status } = await ask(path(`${kind}/m`), body(`${kind}/m`));
          expect(status).toBeGreaterThanOrEqual(500);
        });
      }
    }

    for (const [wanted, expected] of [
      ["base64", packed],
      ["float", floats],
      [undefined, floats],
    ] as const) {
      for (const given of kind === "gemini" || kind === "ollama" || kind === "cohere"
        ? [floats]
        : [floats, packed]) {
        it(`come as ${wanted ?? "the default"} for OpenAI's clients, sent as ${typeof given}`, async () => {
          running.get(kind)?.answer(whole(answer([given])));
          const format = wanted === undefined ? {} : { encoding_format: wanted };
          const asked = { model: `${kind}/m`, input: "a", ...format };
          const { json } = await ask("/v1/embeddings", asked);
          expect(asObjects(asObject(json)?.data).map((item) => item?.embedding)).toEqual([
            expected,
          ]);
        });
      }
    }
  });
}
