import type { Json } from "../../json/json.ts";

/** What a piece of a body needs for a vendor to take it. Undefined: nothing. */
export type FitWay = "edited" | "encoded" | "translated" | undefined;

/** The greater of two needs: that of the whole. */
export function greaterWay(left: FitWay, right: FitWay): FitWay {
  if (left === "translated" || right === "translated") return "translated";
  if (left === "encoded" || right === "encoded") return "encoded";
  return left ?? right;
}

/** Whether a member says something: null and what is empty do not. */
export function isSet(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
