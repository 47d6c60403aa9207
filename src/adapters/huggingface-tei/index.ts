import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Dialect, Emulation } from "../../core/dialect.ts";
import { type Fault, malformed } from "../../core/fault.ts";
import { createRerank } from "../rerank/create-rerank.ts";
import { encodeEmbedRequest } from "./embed.ts";
import { decodeEmbedResponse } from "./embed-response.ts";
import { decodeError, decodeErrorObject } from "./error.ts";
import { embedFidelity, rankings } from "./fidelity.ts";
import { passthrough } from "./passthrough.ts";
import { DIALECT, RERANK_PATH } from "./wire.ts";

/**
 * `--max-client-batch-size` of a server that was not told another:
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
  fidelity: { embed: embedFidelity, rerank: rankings.all },
  forwardedHeaders: [],
  encodeRequest: () => ({ ok: false, fault: noChat }),
  decodeResponse: () => ({ ok: false, fault: noAnswer }),
  begin: () => undefined,
  decodeEvent: () => ({ ok: false, fault: noAnswer }),
  end: () => ({ ok: false, fault: noAnswer }),
  decodeError,
  embed: { encodeRequest: encodeEmbedRequest, decodeResponse: decodeEmbedResponse },
  rerank: createRerank({
    name: DIALECT,
    fidelity: rankings,
    path: RERANK_PATH,
    shape: "tei",
    readFault: decodeErrorObject,
  }),
  emulation,
  passthrough,
};

const noChat: Fault = {
  reason: ErrorReason.UNSUPPORTED,
  message: `the ${DIALECT} dialect has no chat`,
};

const noAnswer: Fault = malformed("the server answered to no call");
