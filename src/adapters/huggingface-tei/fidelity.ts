import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { declareFidelity } from "../../core/fidelity/fidelity.ts";
import { declareRerank } from "../rerank/fidelity.ts";
import { DIALECT } from "./wire.ts";

/** What becomes of the fields of a request for embeddings. */
export const embedFidelity = declareFidelity(DIALECT, EmbedSpecSchema, {
  "inputs[].text": { forwarded: "" },
  "inputs[].tokens": { forwarded: "" },
  "inputs[].image": { refused: "a picture cannot be sent in the huggingface-tei dialect" },
  dimensions: { forwarded: "" },
  encoding: {
    mapped: "the server returns floats; the gateway packs them where base64 is wanted",
    dropped: "the server answers in floats",
  },
  user: { dropped: "the server has no such thing" },
  input_type: { mapped: "sent as prompt_name" },
  truncate: {
    mapped: "sent as true or false, with a direction",
    dropped: "the server knows true, false, left and right",
  },
  extras_json: {
    forwarded: "",
    dropped: "a declared field says it, or it is no object, or in another dialect's words",
  },
});

/** What becomes of the fields of a rerank request. */
export const rerankFidelity = declareRerank({ dialect: DIALECT, shapes: ["tei"], former: false });
