import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { declareFidelity, each, type Fidelity } from "../../core/fidelity/fidelity.ts";
import { DIALECT } from "./wire.ts";

const sent = { forwarded: "" };
const extras = {
  forwarded: "",
  dropped: "a declared field says it, or it is no object, or written for another dialect",
};

/**
 * What becomes of the fields of a chat: what becomes of them in OpenAI's dialect, but that some of
 * the tools cannot be chosen.
 */
export function declareChat({ dialect, schema, table }: Fidelity): Fidelity {
  return declareFidelity(dialect, schema, {
    ...table,
    "tool_choice.allowed": { emulated: "the other tools are left out" },
  });
}

/** What becomes of the fields of a request for embeddings. */
export const embedFidelity = declareFidelity(DIALECT, EmbedSpecSchema, {
  "inputs[].text": sent,
  "inputs[].tokens": { refused: "text in tokens cannot be sent in the watsonx dialect" },
  "inputs[].image": { refused: "a picture cannot be sent in the watsonx dialect" },
  dimensions: { dropped: "the vendor's vectors have their model's length" },
  encoding: {
    mapped: "the vendor returns floats; the gateway packs them where base64 is wanted",
    dropped: "the vendor answers in floats",
  },
  ...each({ dropped: "the vendor has no such thing" }, "user", "input_type"),
  truncate: {
    mapped: "a number is sent as parameters.truncate_input_tokens; none is the vendor's default",
    dropped: "the vendor cuts at a number of tokens, such as 512",
  },
  extras_json: extras,
});

/** What becomes of the fields of a rerank request. */
export const rerankFidelity = declareFidelity(DIALECT, RerankSpecSchema, {
  ...each(sent, "query", "documents[].text", "return_documents"),
  "documents[].object_json": { mapped: "sent as text" },
  top_n: { forwarded: "", mapped: "lowered to the number of documents" },
  max_tokens_per_doc: {
    mapped: "sent as parameters.truncate_input_tokens, which counts the query as well",
  },
  rank_fields: { dropped: "the vendor ranks texts" },
  extras_json: extras,
});
