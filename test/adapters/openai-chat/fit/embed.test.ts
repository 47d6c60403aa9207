import { describe, expect, it } from "vitest";
import type { FieldReport } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { decodeEmbedRequest } from "../../../../src/adapters/openai-chat/client/embed.ts";
import { openAiChat } from "../../../../src/adapters/openai-chat/index.ts";
import { encodeEmbedRequest } from "../../../../src/adapters/openai-chat/vendor/embed.ts";
import type { EmbedShape } from "../../../../src/adapters/openai-chat/vendor/embed-shape.ts";
import type { JsonObject } from "../../../../src/json/json.ts";

const shapes: readonly EmbedShape[] = ["openai", "plain", "voyage", "jina"];

const bodies: readonly JsonObject[] = [
  {},
  { dimensions: 8 },
  { dimensions: 8, encoding_format: "float" },
  { encoding_format: "base64" },
  { encoding_format: "int8" },
  { user: "u" },
  { user: "" },
  { input_type: "query" },
  { truncate: "END" },
  { dimensions: 8, user: "u", own: 1 },
];

interface Sent {
  readonly body: unknown;
  readonly report: readonly string[];
}

function sent(body: Uint8Array | string, report: readonly FieldReport[]): Sent {
  const told = report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`);
  const json: JsonObject = JSON.parse(Buffer.from(body).toString());
  const said = Object.entries(json).filter(([, value]) => value !== "");
  return { body: Object.fromEntries(said), report: told.sort() };
}

/** What is sent of a body by its bytes and by the encoder; twice the latter where that is used. */
function bothWays(embedShape: EmbedShape, json: JsonObject): readonly [Sent, Sent] {
  const body = Buffer.from(JSON.stringify(json));
  const options = { model: "m", stream: false, quirks: { embedShape } };
  const decoded = decodeEmbedRequest(json, body);
  const encoded = decoded.ok ? encodeEmbedRequest(decoded.value, options) : decoded;
  if (!encoded.ok) throw new Error(encoded.fault.message);
  const typed = sent(encoded.value.request.body, encoded.value.report);
  const fit = openAiChat.passthrough.fit?.("embed", { body, json }, options);
  if (fit === "encoded") return [typed, typed];
  const { body: bytes, report } = typeof fit === "object" ? fit : { body, report: [] };
  return [sent(openAiChat.passthrough.request("embed", bytes, options).body, report), typed];
}

describe("a request of OpenAI's clients for vectors is sent as any other client's", () => {
  for (const embedShape of shapes) {
    for (const members of bodies) {
      it(`to a vendor of the shape ${embedShape}: ${JSON.stringify(members)}`, () => {
        const [passed, encoded] = bothWays(embedShape, { model: "m", input: "x", ...members });
        expect(passed).toEqual(encoded);
      });
    }
  }

  it("by the encoder where the vendor has no word for a knob", () => {
    const json = { model: "m", input: "x", user: "u" };
    const origin = { body: Buffer.from(JSON.stringify(json)), json };
    const options = { model: "m", stream: false, quirks: { embedShape: "voyage" } } as const;
    expect(openAiChat.passthrough.fit?.("embed", origin, options)).toBe("encoded");
  });
});
