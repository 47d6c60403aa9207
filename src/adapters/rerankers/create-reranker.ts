import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Dialect, FrameWatch, JsonBody } from "../../core/dialect.ts";
import { declareFidelity, type Fidelity } from "../../core/fidelity/fidelity.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { rerankTable } from "../rerank/fidelity.ts";
import { rerankWords } from "../rerank/shape.ts";
import { postJson } from "../shared/post-json.ts";
import { decodeRerank } from "./decode-rerank.ts";
import { encodeRerank } from "./encode-rerank.ts";
import type { Reranker } from "./reranker.ts";

/**
 * A dialect that ranks documents and does nothing else. `vendor`: a dialect that reads the vendor's
 * errors.
 */
export function createRerankDialect(
  reranker: Reranker,
  vendor: Pick<Dialect, "decodeError">,
): Dialect<undefined> {
  const { name } = reranker;
  const rerank = declare(reranker);
  const decodeError: Dialect["decodeError"] = (status, headers, body) =>
    vendor.decodeError(status, headers, body);
  return {
    name,
    forwardedHeaders: [],
    fidelity: { rerank },
    codecs: {
      rerank: {
        encodeRequest: (spec, options) => encodeRerank(spec, options, reranker, rerank),
        decodeResponse: ({ json, bytes }: JsonBody) =>
          decodeRerank(json, bytes, reranker, decodeError),
      },
    },
    decodeError,
    passthrough: { request: asItCame, scanUsage: () => undefined, watch },
  };
}

function declare({ name, topN, returnDocuments, objects }: Reranker): Fidelity {
  const table = rerankTable({
    ...rerankWords.tei,
    topN: topN ? "top_n" : undefined,
    returnDocuments: returnDocuments ? "return_documents" : undefined,
    objects,
  });
  return declareFidelity(name, RerankSpecSchema, table);
}

/** No client of ours speaks any of these dialects. */
function asItCame(_operation: unknown, body: Uint8Array): WireRequest {
  return postJson("", body);
}

function watch(): FrameWatch {
  return { see: () => ({ forward: true }), ended: () => true, missingEnd: () => "" };
}
