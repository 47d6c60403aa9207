import type { Emulation } from "../../core/dialect.ts";

/**
 * `--max-client-batch-size` of a server that was not told another:
 * https://huggingface.co/docs/text-embeddings-inference/cli_arguments.
 */
const usualBatch = 32;

/** A batch is bounded by the server's settings; the quirk `embedInputs` tells another bound. */
export const emulation: Emulation = {
  embedInputs: (_model, { embedInputs }) =>
    typeof embedInputs === "number" ? embedInputs : usualBatch,
};
