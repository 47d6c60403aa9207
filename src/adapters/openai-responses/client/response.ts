import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { explode } from "../../../events/explode.ts";
import { writeJson } from "../../../json/write.ts";
import { createState } from "../facade-state.ts";
import { endResponse, place } from "./stream.ts";

/**
 * A whole answer as the vendor writes it: what a stream of it would end with. Of several answers
 * the first is told.
 */
export function encodeResponse(completion: Completion, context: FacadeContext): string {
  const state = createState(context, true);
  for (const event of explode(completion)) place(state, event);
  return writeJson(endResponse(state));
}
