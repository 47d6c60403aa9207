import type { Demand } from "../../../core/beside-request.ts";
import { isObject } from "../../../json/json.ts";
import { isPresent } from "../../../json/members.ts";
import { demand } from "../../shared/notes/unknown-members.ts";
import type { Cursor } from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";

/** The member by which clients continue a conversation that the vendor keeps. */
export const THREAD = "thread";

const kept = (message: string): Omit<Demand, "path"> => ({ message, dialects: [DIALECT] });

const file = kept("another vendor keeps this file: send its bytes or its address");

/**
 * Notes what of a request only a vendor can honour that keeps threads and containers. See
 * https://platform.claude.com/docs/en/build-with-claude/message-threads and
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool (2026-11).
 */
export function noteKept(cursor: Cursor): void {
  const { thread, container } = cursor.json;
  if (isPresent(thread))
    demand(
      cursor,
      THREAD,
      kept("the target's vendor keeps no threads: send the full conversation without it"),
    );
  const id = isObject(container) ? container.id : container;
  if (isPresent(id))
    demand(
      cursor,
      "container",
      kept("the target's vendor has no such container: leave it out, and send the files it needs"),
    );
}

/** Notes a file that the vendor keeps. `holder` has its id as `file_id`. */
export function noteFileId(holder: Cursor): void {
  demand(holder, "file_id", file);
}
