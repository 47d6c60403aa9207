import { readFunctionResult } from "../../vendors/gemini/read-generate.ts";
import { startGeminiVendor } from "../../vendors/gemini/start-gemini-vendor.ts";
import { thoughtSignature } from "../../vendors/gemini/thought-signature.ts";
import { asObject, asObjects, asString, type JsonObject } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { UpstreamRow } from "../upstream-row.ts";

const key = "AIza-matrix-gemini-9876543210";

/**
 * Google AI Studio. The proof of a thought rides on the calls that it led to, and clients carry it
 * in their ids.
 */
export const geminiUpstream: UpstreamRow = {
  name: "gemini",
  model: "gemini-3-flash",
  start: () => startGeminiVendor({ apiKey: key }),
  provider: (origin) => `kind: gemini, base_url: "${origin}", api_key: { value: ${key} }`,
  shownCredential: ({ headers }) => asString(headers["x-goog-api-key"]),
  credential: key,
  toolIds: { shown: /^call_sim\d+_\d(__ts_[\w-]+)?$/, received: /^call_sim\d+_\d$/ },
  readToolTurn: (request) => ({
    calls: partsOf(request, "functionCall").map(({ id, name, args }) => ({
      id: asString(id),
      name: asString(name),
      input: args,
    })),
    results: partsOf(request, "functionResponse").map(({ id, response }) => ({
      id: asString(id),
      text: readFunctionResult(asObject(response) ?? {}),
    })),
  }),
  thinking: {
    proof: undefined,
    read: (request) =>
      allParts(request)
        .filter((part) => part.thoughtSignature !== undefined)
        .map((part) => ({ text: part.thought, signature: part.thoughtSignature })),
    broughtBack: [{ text: undefined, signature: thoughtSignature }],
    carriedBy: ["openai", "responses", "anthropic", "aws", "gemini", "rpc"],
  },
  usage: { input: 2006, cacheRead: 1920, cacheWrite: undefined, output: 300, reasoning: 192 },
};

function allParts({ json }: RecordedRequest): readonly JsonObject[] {
  return asObjects(asObject(json)?.contents).flatMap((content) => asObjects(content.parts));
}

function partsOf(request: RecordedRequest, member: string): readonly JsonObject[] {
  return asObjects(allParts(request).map((part) => part[member] ?? null));
}
