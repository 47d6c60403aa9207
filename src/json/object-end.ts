/** Where the JSON text of an object stands that arrives in pieces: what grows, changed in place. */
export interface ObjectEnd {
  /** Brackets that are open. */
  depth: number;
  inString: boolean;
  /** The last character was a backslash within a string. */
  escaped: boolean;
  /**
   * `before`: only blanks so far. `closed`: the object is whole, and only blanks followed.
   * `broken`: it is no object.
   */
  state: "before" | "open" | "closed" | "broken";
}

/** Nothing of the text yet. */
export function createObjectEnd(): ObjectEnd {
  return { depth: 0, inString: false, escaped: false, state: "before" };
}

/** Follows the next piece. Costs no more than the piece is long, however much came before. */
export function followObject(end: ObjectEnd, piece: string): void {
  for (let at = 0; at < piece.length && end.state !== "broken"; at += 1) {
    if (end.inString) followString(end, piece[at]);
    else followToken(end, piece[at]);
  }
}

function followString(end: ObjectEnd, character: string | undefined): void {
  if (end.escaped) end.escaped = false;
  else if (character === "\\") end.escaped = true;
  else if (character === '"') end.inString = false;
}

function followToken(end: ObjectEnd, character: string | undefined): void {
  switch (character) {
    case " ":
    case "\n":
    case "\r":
    case "\t":
      return;
    case "{":
    case "[":
      if (end.state === "closed" || (end.state === "before" && character === "["))
        end.state = "broken";
      else end.state = "open";
      end.depth += 1;
      return;
    case "}":
    case "]":
      end.depth -= 1;
      if (end.state !== "open") end.state = "broken";
      else if (end.depth === 0) end.state = "closed";
      return;
    case '"':
      end.inString = true;
  }
  if (end.state !== "open") end.state = "broken";
}
