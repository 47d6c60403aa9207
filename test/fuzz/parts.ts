import type { FuzzPart } from "./fuzz-part.ts";
import { abortsPart } from "./parts/aborts.ts";
import { framesPart } from "./parts/frames.ts";
import { reloadsPart } from "./parts/reloads.ts";
import { requestsPart } from "./parts/requests.ts";
import { slowPart } from "./parts/slow.ts";
import { vendorsPart } from "./parts/vendors.ts";

/** Every kind of attack, in the order in which they are played. */
export const parts: readonly FuzzPart[] = [
  requestsPart,
  vendorsPart,
  framesPart,
  abortsPart,
  reloadsPart,
  slowPart,
];
