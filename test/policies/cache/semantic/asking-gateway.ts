import { startGateway } from "../../emulation/start-gateway.ts";
import { startShapedVendor } from "../../emulation/start-shaped-vendor.ts";

/** What the embedding model makes of questions. Others are at a right angle to all of these. */
const vectors: Readonly<Record<string, readonly number[]>> = {
  "How tall is the Eiffel Tower?": [1, 0, 0],
  "What is the height of the Eiffel Tower?": [2, 0.2, 0],
  "How tall is Big Ben?": [1, 1, 0],
};

/** A question as it is sent. */
export interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly body?: object;
}

/** Of the model `m`, under `semantic_cache`. */
export const settings = { threshold: 0.95, embed_model: "v/embedder" };

/** A vendor that answers with a count of its answers. */
export interface AskedVendor {
  readonly url: string;
  /** How many vectors it was asked for. */
  embedded(): number;
}

/** How a gateway is started. */
export interface Asking {
  readonly semantic?: object;
  readonly more?: object;
}

/** Starts the vendor; with another status than 200 it has no vectors. */
export async function startAskedVendor(embeddings = 200): Promise<AskedVendor> {
  let answers = 0;
  let embedded = 0;
  const { url } = await startShapedVendor(({ path, body }, response) => {
    const json = JSON.parse(body);
    const reply = (status: number, value: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (path.endsWith("/embeddings")) {
      embedded += 1;
      if (embeddings !== 200) return reply(embeddings, { error: { message: "no" } });
      const [text] = [json.input].flat();
      const embedding = vectors[text] ?? [0, 0, 1];
      const usage = { prompt_tokens: 4, total_tokens: 4 };
      const data = [{ object: "embedding", index: 0, embedding }];
      return reply(200, { object: "list", model: json.model, data, usage });
    }
    answers += 1;
    const message = { role: "assistant", content: `answer ${answers}` };
    return reply(200, {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: json.model,
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    });
  });
  return { url, embedded: () => embedded };
}

/** A gateway before a vendor of its own. */
export async function setUp({
  embeddings = 200,
  ...asking
}: Asking & { readonly embeddings?: number } = {}) {
  const vendor = await startAskedVendor(embeddings);
  return { ...(await startAsking(vendor, asking)), embedded: vendor.embedded };
}

/** A gateway before a vendor. */
export async function startAsking(
  vendor: AskedVendor,
  { semantic = settings, more = {} }: Asking = {},
) {
  const gateway = await startGateway({
    providers: { v: { kind: "openai_compatible", base_url: vendor.url } },
    models: [{ name: "m", targets: [{ model: "v/x" }], cache: {}, semantic_cache: semantic }],
    ...more,
  });
  const ask = async (content: string, { headers, key, body }: Sending = {}) => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content }], ...body }),
    });
    const { choices } = (await response.json()) as {
      readonly choices?: readonly { readonly message: { readonly content: string } }[]; // OpenAI's
    };
    return {
      text: choices?.[0]?.message.content,
      state: response.headers.get("x-parlance-cache"),
      similarity: response.headers.get("x-parlance-cache-similarity"),
    };
  };
  return { ask, gateway };
}

/** Questions of which the first two mean the same. */
export const question = "How tall is the Eiffel Tower?";
export const alike = "What is the height of the Eiffel Tower?";
export const different = "How tall is Big Ben?";
