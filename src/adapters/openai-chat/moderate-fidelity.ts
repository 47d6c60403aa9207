import { ModerationSpecSchema } from "../../../gen/parlance/moderation/v1/moderation_pb.js";
import { declareFidelity } from "../../core/fidelity/fidelity.ts";
import { NAME } from "./wire.ts";

const sent = { forwarded: "" };
const image = "inputs[].parts[].image";

/** What becomes of the fields of a request for moderations. */
export const moderateFidelity = declareFidelity(NAME, ModerationSpecSchema, {
  inputs: { forwarded: "", refused: "only texts can be several inputs of one call" },
  "inputs[].parts": {
    forwarded: "",
    refused: "the vendor moderates one text an input, or an input has no part",
  },
  "inputs[].parts[].text": sent,
  [image]: { forwarded: "as image_url", refused: "the vendor moderates texts alone" },
  [`${image}.file_id`]: { refused: "the vendor takes pictures as bytes or by address" },
  [`${image}.media_type`]: { forwarded: "in a data URL", mapped: "the vendor finds it out" },
  [`${image}.detail`]: { dropped: "the vendor has no such knob" },
  extras_json: {
    forwarded: "added to the body",
    dropped: "written for another dialect, or a declared field says it",
    refused: "must be a JSON object",
  },
});
