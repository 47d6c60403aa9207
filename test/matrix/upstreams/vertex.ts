import { asString } from "../../vendors/json-value.ts";
import { startVertexVendor } from "../../vendors/vertex/start-vertex-vendor.ts";
import type { UpstreamRow } from "../upstream-row.ts";
import { anthropicUpstream } from "./anthropic.ts";

const key = "matrix-vertex-9876543210";

/** Claude at Vertex AI, by rawPredict: the bodies of Messages in Google's paths. */
export const vertexUpstream: UpstreamRow = {
  ...anthropicUpstream,
  name: "vertex",
  model: "claude-sonnet-4-5@20250929",
  start: () => startVertexVendor(key),
  provider: (origin) =>
    `kind: vertex_ai, base_url: "${origin}", api_key: { value: ${key} }, google: { project: p, location: europe-west4 }`,
  shownCredential: ({ headers }) => asString(headers["x-goog-api-key"]),
  credential: key,
};
