/** Gives tool calls and their results ids that the vendor takes: `^[a-zA-Z0-9_-]{1,64}$`. One per request. */
export interface ToolIds {
  /** The id of the next call. */
  readonly call: (id: string) => string;
  /** The id of the next result; the same as its call's. */
  readonly result: (id: string) => string;
}

const VALID = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Ids that are valid and used once stay. Others are rewritten by a pure function of the id, so that a call and its result
 * agree, now and in later turns. An id that comes again (some vendors count anew in each turn) gets a number, and results are
 * those of the latest call. Vendors that give no ids pair calls and results by order, and so does this.
 */
export function createToolIds(): ToolIds {
  const uses = new Map<string, number>();
  let calls = 0;
  let results = 0;
  return {
    call(id) {
      if (id === "") {
        calls += 1;
        return `tooluse_unnamed_${calls}`;
      }
      const use = (uses.get(id) ?? 0) + 1;
      uses.set(id, use);
      return numbered(id, use);
    },
    result(id) {
      if (id !== "") return numbered(id, uses.get(id) ?? 1);
      results += 1;
      return `tooluse_unnamed_${results}`;
    },
  };
}

function numbered(id: string, use: number): string {
  return use === 1 ? validToolId(id) : `${validToolId(id)}_${use}`;
}

/** The id itself where it is valid, else its valid characters and a hash of the whole. */
export function validToolId(id: string): string {
  return VALID.test(id) ? id : `${id.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 47)}_${hash(id)}`;
}

/** FNV-1a over UTF-16 units, twice with different seeds, as 16 hexadecimal digits. */
function hash(text: string): string {
  let one = 0x811c9dc5;
  let other = 0x01000193;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x01000193) >>> 0;
    other = Math.imul(other ^ unit, 0x85ebca6b) >>> 0;
  }
  return one.toString(16).padStart(8, "0") + other.toString(16).padStart(8, "0");
}
