import type { JsonObject } from "../../json/json.ts";

/** A parameter of chats that rules may change. */
export type ParameterName = "temperature" | "max_tokens" | "top_p" | "reasoning_effort" | "seed";

/** A parameter with its value. A reasoning effort is its number in the contract. */
export type ParameterValue = readonly [name: ParameterName, value: number];

/**
 * Where clients of a dialect write parameters of a chat, as the paths of members: those that are
 * there are changed, and where none is the first is added. A parameter that is not listed has no
 * such member.
 */
export type ParameterPlaces = Readonly<
  Partial<Record<ParameterName, readonly (readonly string[])[]>>
>;

/** Where clients of a dialect bound the answers of a chat, as names of its top-level members. */
export interface BoundPlaces {
  /** The tokens of each answer; of several members that are there the first holds. */
  readonly tokens: readonly string[];
  /** How many choices are wanted. Absent: clients of the dialect want one. */
  readonly choices?: string;
}

/**
 * The texts of a chat's body, one for each of its messages, in order, which each have one and
 * nothing else. Undefined where the body may hold more, tools among it, or its decoder might refuse
 * it.
 */
export type PlainTexts = (json: JsonObject) => readonly string[] | undefined;

/** A dialect of clients, or what came in it, as far as parameters of chats are changed. */
export interface HasParameters {
  /** Absent: not known, so that bodies are translated where one is changed. */
  readonly parameters?: ParameterPlaces | undefined;
  /** Absent: not known, so that chats are decoded for the bound on their answers. */
  readonly boundPlaces?: BoundPlaces | undefined;
  /** Absent: not known, so that chats are decoded for what rules read of their content. */
  readonly plainTexts?: PlainTexts | undefined;
}
