import { EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { declareFidelity } from "../../../core/fidelity/fidelity.ts";
import { DIALECT } from "../wire.ts";

const sent = { forwarded: "" };

/**
 * What becomes of the fields of a request for embeddings, in the body of the model's maker: Titan,
 * Cohere or Nova.
 */
export const embedFidelity = declareFidelity(DIALECT, EmbedSpecSchema, {
  inputs: {
    forwarded: "",
    refused:
      "the model takes fewer inputs in one call, or not texts and pictures together; ask several times",
  },
  "inputs[].text": sent,
  "inputs[].tokens": { refused: "the vendor takes text and no token ids" },
  "inputs[].image": { forwarded: "", refused: "the model embeds text only" },
  "inputs[].image.url": {
    forwarded: "the bytes that it holds",
    refused: "the vendor takes pictures only as bytes",
  },
  "inputs[].image.file_id": { refused: "the vendor keeps no files; send the bytes" },
  "inputs[].image.media_type": {
    mapped: "sent as the format, or found out by the model",
    refused: "the vendor takes png, jpeg, gif and webp",
  },
  "inputs[].image.detail": {
    mapped: "auto is what the vendor does",
    dropped: "the vendor scales pictures by itself",
    refused: "the model embeds text only",
  },
  dimensions: { forwarded: "", dropped: "the model gives vectors of its own length only" },
  encoding: {
    forwarded: "",
    mapped: "numbers are what the model gives; the gateway packs them",
    dropped: "the model gives numbers only",
  },
  user: { dropped: "the vendor takes no id of an end user" },
  input_type: {
    forwarded: "",
    mapped: "sent in the model's own format",
    emulated: "there is none, and the vendor demands a purpose: that of documents is sent",
    dropped: "the model knows no purposes",
  },
  truncate: {
    forwarded: "",
    mapped: "sent in the model's own format",
    dropped: "the model refuses inputs that are too long, or cuts no pictures",
  },
  extras_json: {
    forwarded: "added to the body",
    dropped: "written for another dialect",
    refused: "must be a JSON object",
  },
});
