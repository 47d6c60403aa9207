import { beginsObject, plainArguments } from "../../../json/plain-arguments.ts";

/** The input of a tool call on its way to a client: the stream's own, changed in place. */
export interface HeldInput {
  /** Whether it goes to the client as it comes: it begins as an object, or need not be one. */
  flows: boolean;
  /** What waits to be seen plain. */
  held: string;
}

/** What a client is shown of a piece of input, and what is held back until it ends. */
export function takeInput(input: HeldInput, piece: string): string {
  if (input.flows) return piece;
  input.held += piece;
  const blank = !/\S/.test(input.held);
  if (!blank && !beginsObject(input.held)) return "";
  const shown = input.held;
  input.held = "";
  input.flows = !blank;
  return shown;
}

/** The input that was held back, such as clients read it. "": nothing was. */
export function heldInput({ held, flows }: HeldInput): string {
  return flows || held === "" ? "" : plainArguments(held);
}
