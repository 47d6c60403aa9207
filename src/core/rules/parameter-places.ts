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

/** A dialect of clients, or what came in it, as far as parameters of chats are changed. */
export interface HasParameters {
  /** Absent: not known, so that bodies are translated where one is changed. */
  readonly parameters?: ParameterPlaces | undefined;
}
