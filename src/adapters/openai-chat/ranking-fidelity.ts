import { declareRankings } from "../rerank/fidelity.ts";
import { NAME } from "./wire.ts";

/**
 * What becomes of the fields of a ranking: most vendors are asked in Jina's shape, some in
 * Voyage's.
 */
export const rankings = declareRankings({
  dialect: NAME,
  shapes: ["jina", "voyage"],
  former: false,
});
