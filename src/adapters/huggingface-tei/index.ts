import type { Dialect } from "../../core/dialect.ts";
import type { Emulation } from "../../core/emulation.ts";
import { createRerank } from "../rerank/create-rerank.ts";
import { jsonCodec } from "../shared/json-codec.ts";
import { encodeEmbedRequest } from "./embed.ts";
import { decodeEmbedResponse } from "./embed-response.ts";
import { decodeError, decodeErrorObject } from "./error.ts";
import { embedFidelity, rerankFidelity } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { DIALECT, RERANK_PATH } from "./wire.ts";

/**
 * `--max-client-batch-size` of a server by default:
 * https://huggingface.co/docs/text-embeddings-inference/cli_arguments.
 */
const usualBatch = 32;

/** A batch is bounded by the server's settings; the quirk `embedInputs` tells another bound. */
const emulation: Emulation = {
  embedInputs: (_model, { embedInputs }) =>
    typeof embedInputs === "number" ? embedInputs : usualBatch,
};

/**
 * We call a server that speaks the native API of Text Embeddings Inference. It makes vectors and
 * ranks documents: a chat is refused.
 */
export const huggingfaceTei: Dialect<undefined> = {
  name: DIALECT,
  fidelity: { embed: embedFidelity, rerank: rerankFidelity.all },
  forwardedHeaders: [],
  codecs: {
    embed: jsonCodec({
      encodeRequest: encodeEmbedRequest,
      decodeResponse: decodeEmbedResponse,
    }),
    rerank: createRerank({
      name: DIALECT,
      fidelity: rerankFidelity,
      path: RERANK_PATH,
      shape: "tei",
      readFault: decodeErrorObject,
    }),
  },
  decodeError,
  emulation,
  passthrough,
};
