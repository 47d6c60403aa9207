import {
  type DialectRows,
  frame,
  many,
  members,
  reply,
  stream,
  type WireFrame,
  type WireRow,
} from "./row.ts";

const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 };

function answer(parts: readonly unknown[], more: object = {}, whole: object = {}): object {
  const candidate = { index: 0, content: { role: "model", parts }, finishReason: "STOP", ...more };
  return { candidates: [candidate], responseId: "r", modelVersion: "m", usageMetadata, ...whole };
}

const web = (at: number) => ({ web: { uri: `https://example.com/${at}`, title: "t" } });
const call = (at: number) => ({ functionCall: { name: "f", args: { at } } });
const support = (startIndex: number, text: string) => ({
  segment: { startIndex, endIndex: startIndex + text.length, text },
  groundingChunkIndices: [0],
});
const words = (n: number) => [{ text: "abcdefgh".repeat(n) }];

const replies: readonly WireRow[] = [
  reply("candidates", (n) => ({
    candidates: many(n, () => ({ content: { parts: [] }, finishReason: "STOP" })),
  })),
  reply("empty candidates", (n) => ({ candidates: many(n, () => ({})) })),
  reply("texts", (n) => answer(many(n, () => ({ text: "a" })))),
  reply("thoughts", (n) =>
    answer(many(n, () => ({ text: "a", thought: true, thoughtSignature: "AAAA" }))),
  ),
  reply("function calls", (n) => answer(many(n, call))),
  reply("texts between function calls", (n) =>
    answer(many(n, (at) => (at % 2 ? { text: "a" } : call(at)))),
  ),
  reply("signatures", (n) => answer(many(n, () => ({ thoughtSignature: "AAAA" })))),
  reply("pictures", (n) =>
    answer(many(n, () => ({ inlineData: { mimeType: "image/png", data: "AAAA" } }))),
  ),
  reply("sound", (n) =>
    answer(many(n, (at) => ({ inlineData: { mimeType: `audio/w${at}`, data: "AAAA" } }))),
  ),
  reply("parts of no known kind", (n) => answer(many(n, (at) => ({ odd: at })))),
  reply("empty parts", (n) => answer(many(n, () => ({})))),
  reply("sources", (n) =>
    answer(words(1), { groundingMetadata: { groundingChunks: many(n, web) } }),
  ),
  reply("supported words", (n) =>
    answer(words(n), {
      groundingMetadata: {
        groundingChunks: [web(0)],
        groundingSupports: many(n, (at) => support(at * 8, "abcd")),
      },
    }),
  ),
  reply("supported words that stand nowhere", (n) =>
    answer(words(n), {
      groundingMetadata: {
        groundingChunks: [web(0)],
        groundingSupports: many(n, (at) => support(at, "wxyz")),
      },
    }),
  ),
  reply("long supported words that nearly stand there", (n) =>
    answer([{ text: "a".repeat(n * 8) }], {
      groundingMetadata: {
        groundingChunks: [web(0)],
        groundingSupports: [support(0, `b${"a".repeat(n * 4)}`)],
      },
    }),
  ),
  reply("sources of one support", (n) =>
    answer(words(n), {
      groundingMetadata: {
        groundingChunks: [web(0)],
        groundingSupports: [{ segment: {}, groundingChunkIndices: many(n, () => 0) }],
      },
    }),
  ),
  reply("supports of one long source", (n) =>
    answer(words(n), {
      groundingMetadata: {
        groundingChunks: [{ retrievedContext: { uri: "u", text: "a".repeat(n * 8) } }],
        groundingSupports: many(n, (at) => support(at * 8, "abcd")),
      },
    }),
  ),
  reply("quotations", (n) =>
    answer(words(n), {
      citationMetadata: {
        citations: many(n, (at) => ({ uri: `u${at}`, startIndex: at, endIndex: at + 1 })),
      },
    }),
  ),
  reply("likelihoods", (n) =>
    answer(words(1), {
      logprobsResult: {
        chosenCandidates: many(n, () => ({ token: "a", logProbability: -1 })),
        topCandidates: many(n, () => ({ candidates: [{ token: "a", logProbability: -1 }] })),
      },
    }),
  ),
  reply("details of the usage", (n) =>
    answer(
      words(1),
      {},
      {
        usageMetadata: {
          ...usageMetadata,
          promptTokensDetails: many(n, () => ({ modality: "TEXT", tokenCount: 1 })),
        },
      },
    ),
  ),
  reply("members of the usage", (n) =>
    answer(words(1), {}, { usageMetadata: { ...usageMetadata, ...members(n) } }),
  ),
  reply("members of the answer", (n) => answer(words(1), {}, members(n))),
  reply("members of a candidate", (n) => answer(words(1), members(n))),
  reply("members of a function call", (n) =>
    answer([{ functionCall: { name: "f", args: members(n) } }]),
  ),
  reply("answers of a list", (n) => [...many(n, () => answer([{ text: "a" }])), answer([])]),
  reply("pieces of arguments", (n) =>
    answer([
      {
        functionCall: {
          name: "f",
          partialArgs: many(n, (at) => ({ jsonPath: `$.a${at}`, stringValue: "b" })),
        },
      },
    ]),
  ),
  reply("pieces of one argument", (n) =>
    answer([
      {
        functionCall: {
          name: "f",
          partialArgs: many(n, () => ({ jsonPath: "$.a", stringValue: "b" })),
        },
      },
    ]),
  ),
  reply("pieces of arguments with wild indices", (n) =>
    answer([
      {
        functionCall: {
          name: "f",
          partialArgs: many(n, (at) => ({ jsonPath: `$.a${at}[9999]`, boolValue: true })),
        },
      },
    ]),
  ),
  reply("steps to an argument", (n) =>
    answer([
      {
        functionCall: {
          name: "f",
          partialArgs: [{ jsonPath: `$${".a".repeat(n)}`, stringValue: "b" }],
        },
      },
    ]),
  ),
  {
    title: "vectors",
    kind: "embed",
    body: (n) => ({ embeddings: many(n, () => ({ values: [0.5] })) }),
  },
  {
    title: "predictions",
    kind: "embed",
    body: (n) => ({
      predictions: many(n, () => ({
        embeddings: { values: [0.5], statistics: { token_count: 1 } },
      })),
    }),
  },
  {
    title: "members beside vectors",
    kind: "embed",
    body: (n) => ({ embeddings: [], ...members(n) }),
  },
  { title: "members of a count", kind: "count", body: (n) => ({ totalTokens: 1, ...members(n) }) },
];

function frames(n: number, make: (at: number) => object): WireFrame[] {
  return [...many(n, (at) => frame(make(at))), frame(answer([]))];
}

const open = (parts: readonly unknown[], more: object = {}) => ({
  candidates: [{ index: 0, content: { parts }, ...more }],
});
const piece = (at: number, more: object = {}) =>
  open([
    {
      functionCall: {
        partialArgs: [{ jsonPath: `$.a${at}`, stringValue: "b" }],
        willContinue: true,
        ...more,
      },
    },
  ]);

const streams: readonly WireRow[] = [
  stream("texts", (n) => frames(n, () => open([{ text: "a" }]))),
  stream("parts of one frame", (n) => frames(1, () => open(many(n, () => ({ text: "a" }))))),
  stream("function calls", (n) => frames(n, (at) => open([call(at)]))),
  stream("texts between function calls", (n) =>
    frames(n, (at) => open([at % 2 ? { text: "a" } : call(at)])),
  ),
  stream("thoughts", (n) =>
    frames(n, () => open([{ text: "a", thought: true, thoughtSignature: "AAAA" }])),
  ),
  stream("thoughts between texts", (n) =>
    frames(n, (at) => open([{ text: "a", thought: at % 2 === 0 }])),
  ),
  stream("pictures", (n) =>
    frames(n, () => open([{ inlineData: { mimeType: "image/png", data: "AAAA" } }])),
  ),
  stream("sound of one format", (n) =>
    frames(n, () => open([{ inlineData: { mimeType: "audio/wav", data: "AAAA" } }])),
  ),
  stream("sound of many formats", (n) =>
    frames(n, (at) => open([{ inlineData: { mimeType: `audio/w${at}`, data: "AAAA" } }])),
  ),
  stream("parts of no known kind", (n) => frames(n, (at) => open([{ odd: at }]))),
  stream("pieces of arguments", (n) => frames(n, (at) => piece(at, at === 0 ? { name: "f" } : {}))),
  stream("candidates in turn", (n) => [
    ...many(n, (at) =>
      frame({ candidates: [{ index: at % 128, content: { parts: [{ text: "a" }] } }] }),
    ),
    frame({ candidates: many(128, (index) => ({ index, finishReason: "STOP" })) }),
  ]),
  stream("candidates with wild indices", (n) =>
    frames(n, (at) => ({
      candidates: [{ index: 2_000_000_000 + at, content: { parts: [{ text: "a" }] } }],
    })),
  ),
  stream("candidates of one frame", (n) => frames(1, () => ({ candidates: many(n, () => ({})) }))),
  stream("finishes", (n) => frames(n, () => answer([{ text: "a" }]))),
  stream("sources of frames", (n) =>
    frames(n, (at) =>
      open([{ text: "abcd" }], { groundingMetadata: { groundingChunks: [web(at)] } }),
    ),
  ),
  stream("supports of frames", (n) =>
    frames(n, (at) =>
      open([{ text: "abcd" }], {
        groundingMetadata: {
          groundingChunks: [web(at)],
          groundingSupports: [support(at * 4, "abcd")],
        },
      }),
    ),
  ),
  stream("quotations of frames", (n) =>
    frames(n, (at) =>
      open([{ text: "abcd" }], {
        citationMetadata: { citations: [{ uri: `u${at}`, startIndex: at, endIndex: at + 1 }] },
      }),
    ),
  ),
  stream("likelihoods", (n) =>
    frames(n, () =>
      open([{ text: "a" }], {
        logprobsResult: { chosenCandidates: [{ token: "a", logProbability: -1 }] },
      }),
    ),
  ),
  stream("members of frames", (n) =>
    frames(n, (at) => ({ ...open([{ text: "a" }]), [`member${at}`]: at })),
  ),
  stream("one member of frames, changing", (n) =>
    frames(n, (at) => ({ ...open([{ text: "a" }]), promptFeedback: { at } })),
  ),
  stream("members of candidates", (n) =>
    frames(n, (at) => open([{ text: "a" }], { [`member${at}`]: at })),
  ),
  stream("usages", (n) =>
    frames(n, (at) => ({ ...open([]), usageMetadata: { ...usageMetadata, totalTokenCount: at } })),
  ),
  stream("members of usages", (n) =>
    frames(n, (at) => ({
      ...open([]),
      usageMetadata: { totalTokenCount: at, [`member${at}`]: at },
    })),
  ),
  stream("answers of one frame", (n) => [
    frame([...many(n, () => open([{ text: "a" }])), answer([])]),
  ]),
];

/** What vendors of Gemini's API may send. */
export const geminiRows: DialectRows = { dialect: "gemini", rows: [...replies, ...streams] };
