import type { RerankResult, RerankSpec } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Codec } from "../../core/dialect.ts";
import { encodeRerankRequest, type RerankRequestSettings } from "./request.ts";
import { decodeRerankResponse, type RerankResponseSettings } from "./response.ts";

/** How a dialect sends rerank requests, and how it reads the answers. */
export type RerankSettings = RerankRequestSettings & RerankResponseSettings;

/**
 * The rerank codec of a dialect. Answers of all shapes are read by the same rules, whatever the
 * request.
 */
export function createRerank(settings: RerankSettings): Codec<RerankSpec, RerankResult> {
  return {
    encodeRequest: (spec, options) => encodeRerankRequest(spec, options, settings),
    decodeResponse: ({ json, bytes }) => decodeRerankResponse(json, bytes, settings),
  };
}
