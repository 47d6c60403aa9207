import type { ModelTraits, Takes } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/**
 * What a member of a body asks of a model: a part that it may not take, an effort, or a summary of
 * what it thinks.
 */
export type Asks = Exclude<keyof Takes, "$typeName" | "$unknown"> | "effort" | "summary";

/** What the members of bodies ask for, by their names; an object's leads to its own members. */
export type MemberAsks = ReadonlyMap<string, readonly Asks[] | MemberAsks>;

/**
 * Whether a body may ask for what a model does not take, by its members alone. It costs little, and
 * only a body that may is worth being decoded to know.
 */
export function mayExceed(json: JsonObject, asks: MemberAsks, traits: ModelTraits): boolean {
  for (const key of Object.keys(json)) {
    const part = asks.get(key);
    const value = json[key];
    if (part === undefined || value === undefined || value === null) continue;
    if (isNested(part)) {
      if (isObject(value) && mayExceed(value, part, traits)) return true;
    } else if (part.some((one) => mayRefuse(one, value, traits))) return true;
  }
  return false;
}

function isNested(part: readonly Asks[] | MemberAsks): part is MemberAsks {
  return !Array.isArray(part);
}

function mayRefuse(part: Asks, value: Json, { effort, efforts, ...traits }: ModelTraits): boolean {
  if (part === "effort") {
    if (effort === false) return true;
    return efforts.length > 0 && !(typeof value === "string" && efforts.includes(value));
  }
  if (part === "summary") return effort === false;
  return traits.takes?.[part] === false || traits.takesThinking?.[part] === false;
}
