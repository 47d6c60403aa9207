import { describe, expect, it } from "vitest";
import { gemini } from "../../../../src/adapters/gemini/index.ts";
import type { Fit } from "../../../../src/core/fidelity/fit.ts";

const thinking = (config: object) => ({ generationConfig: { thinkingConfig: config } });
const file = (mimeType: string, fileUri: string) => ({
  contents: [{ role: "user", parts: [{ fileData: { mimeType, fileUri } }] }],
});

const cases: readonly (readonly [
  title: string,
  model: string,
  vertex: boolean,
  members: object,
  fit: Fit,
])[] = [
  ["nothing special", "gemini-3-flash", false, {}, "as_is"],
  ["a level of thinking", "gemini-3-flash", false, thinking({ thinkingLevel: "LOW" }), "as_is"],
  ["a level of thinking", "gemini-2.5-flash", false, thinking({ thinkingLevel: "low" }), "encoded"],
  [
    "no level of the model's",
    "gemini-3-pro",
    false,
    thinking({ thinkingLevel: "medium" }),
    "encoded",
  ],
  ["a budget", "gemini-2.5-flash", false, thinking({ thinkingBudget: 0 }), "as_is"],
  ["thinking switched off", "gemini-2.5-pro", false, thinking({ thinkingBudget: 0 }), "encoded"],
  ["a budget", "gemini-2.0-flash", false, thinking({ thinkingBudget: 10 }), "encoded"],
  ["a level for a tuned model", "tuned", false, thinking({ thinkingLevel: "low" }), "as_is"],
  [
    "several answers",
    "gemini-3-flash",
    false,
    { generationConfig: { candidateCount: 2 } },
    "translated",
  ],
  ["several answers", "gemini-3-flash", true, { generationConfig: { candidateCount: 2 } }, "as_is"],
  [
    "a video by address",
    "gemini-3-flash",
    false,
    file("video/mp4", "https://a.example/v.mp4"),
    "translated",
  ],
  [
    "a video by address",
    "gemini-3-flash",
    true,
    file("video/mp4", "https://a.example/v.mp4"),
    "as_is",
  ],
  ["a video of YouTube", "gemini-3-flash", false, file("video/mp4", "https://youtu.be/x"), "as_is"],
  [
    "a picture by address",
    "gemini-3-flash",
    false,
    file("image/png", "https://a.example/i.png"),
    "as_is",
  ],
  [
    "a picture by address",
    "gemini-2.0-flash",
    false,
    file("image/png", "https://a.example/i.png"),
    "translated",
  ],
];

describe("contents of a client of the dialect", () => {
  for (const [title, model, vertex, members, wanted] of cases) {
    const place = vertex ? "Vertex AI" : "Google AI Studio";
    it(`with ${title} are ${wanted} for ${model} at ${place}`, () => {
      const text = JSON.stringify({ contents: [], ...members });
      const origin = { body: Buffer.from(text), json: JSON.parse(text) };
      const options = { model, stream: false, quirks: { vertex } };
      expect(gemini.passthrough.fit?.("chat", origin, options)).toBe(wanted);
    });
  }
});
