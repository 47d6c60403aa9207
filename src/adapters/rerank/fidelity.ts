import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { declareFidelity, type Fidelity } from "../../core/fidelity/fidelity.ts";
import type { FidelityTable, FieldFate } from "../../core/fidelity/fidelity-table.ts";
import { type RerankShape, type RerankWords, rerankWords } from "./shape.ts";

/** What becomes of the fields of a rerank request in a dialect. */
export interface RerankFidelity {
  /** As each shape asks for it. */
  readonly shapes: Readonly<Record<RerankShape, Fidelity>>;
  /** In any of the shapes that rows of the dialect declare. */
  readonly all: Fidelity;
}

/** Which rerank requests a dialect sends. */
export interface RerankDeclaration {
  readonly dialect: string;
  /** The shapes that rows of the dialect declare; that of rows which declare none among them. */
  readonly shapes: readonly RerankShape[];
  /** Whether documents that are objects are ranked by Cohere's former API, in Cohere's shape. */
  readonly former: boolean;
}

/** Declares the rerank fidelity of a dialect, from that of each shape. */
export function declareRerank({ dialect, shapes, former }: RerankDeclaration): RerankFidelity {
  const tableOf = (shape: RerankShape): FidelityTable =>
    shape === "cohere" && former
      ? { ...rerankTable(rerankWords.cohere), ...formerTable }
      : rerankTable(rerankWords[shape]);
  const declare = (table: FidelityTable): Fidelity =>
    declareFidelity(dialect, RerankSpecSchema, table);
  return {
    shapes: {
      cohere: declare(tableOf("cohere")),
      jina: declare(tableOf("jina")),
      voyage: declare(tableOf("voyage")),
      tei: declare(tableOf("tei")),
    },
    all: declare(shapes.map(tableOf).reduce(unite)),
  };
}

/** What can become of fields in one table or the other. */
function unite(one: FidelityTable, other: FidelityTable): FidelityTable {
  const paths = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...paths].map((path) => [path, { ...other[path], ...one[path] }]));
}

const sent: FieldFate = { forwarded: "" };
const noKnob: FieldFate = { dropped: "the vendor has no such knob" };

/** What the former API does otherwise: it alone ranks objects, and has no bound on tokens. */
const formerTable: FidelityTable = {
  "documents[].object_json": { forwarded: "by v1 of the API", refused: "must be one JSON object" },
  max_tokens_per_doc: {
    forwarded: "",
    dropped: "v1 of the API, which ranks objects, has no such knob",
  },
  rank_fields: { forwarded: "by v1 of the API" },
};

/** What becomes of the fields of a rerank request, by shape. */
export function rerankTable(words: RerankWords): FidelityTable {
  return {
    query: sent,
    "documents[].text": sent,
    "documents[].object_json": {
      ...(words.objects ? sent : { mapped: "sent as text" }),
      refused: "must be one JSON object",
    },
    top_n:
      words.topN === undefined
        ? { emulated: "the others are left out of the answer" }
        : { forwarded: "", mapped: "lowered to the number of documents" },
    return_documents:
      words.returnDocuments === undefined
        ? { emulated: "taken from the request", mapped: "false is the vendor's default" }
        : sent,
    max_tokens_per_doc: words.maxTokens === undefined ? noKnob : sent,
    rank_fields: words.rankFields === undefined ? noKnob : sent,
    extras_json: {
      forwarded: "",
      dropped: "a declared field says it, or it is written for another dialect",
      refused: "must be a JSON object",
    },
  };
}
