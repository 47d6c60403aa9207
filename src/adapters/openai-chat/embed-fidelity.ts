import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { declareFidelity } from "../../core/fidelity/fidelity.ts";
import { NAME } from "./wire.ts";

const sent = { forwarded: "" };
const own = { forwarded: "", mapped: "sent under the vendor's own name for it" };

/**
 * What becomes of the fields of a request for embeddings, under OpenAI's names or, where the row
 * says so, another vendor's.
 */
export const embedFidelity = declareFidelity(NAME, EmbedSpecSchema, {
  inputs: { forwarded: "", refused: "texts and tokens cannot be sent in one call" },
  "inputs[].text": sent,
  "inputs[].tokens": sent,
  "inputs[].image": { refused: "the vendor embeds no pictures in this dialect" },
  dimensions: own,
  encoding: {
    forwarded: "in the vendor's words",
    mapped: "the vendor sends signed bytes, which are returned as whole numbers",
    dropped: "the vendor has no such encoding",
  },
  user: { forwarded: "", dropped: "the vendor has no such thing" },
  input_type: { ...own, dropped: "the vendor has no such thing" },
  truncate: {
    forwarded: "",
    mapped: "sent as a switch",
    dropped: "the vendor has no such thing, or knows true and false alone",
  },
  extras_json: {
    forwarded: "added to the body",
    dropped: "written for another dialect, or a declared field says it",
    refused: "must be a JSON object",
  },
});
