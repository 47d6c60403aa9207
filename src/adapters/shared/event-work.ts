import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { JsonObject } from "../../json/json.ts";
import type { Source } from "../../json/source-slice.ts";

/** The work on one event of a vendor's stream: what it says, its bytes, and what it comes to. */
export interface EventWork {
  readonly json: JsonObject;
  readonly source: Source;
  readonly events: Event[];
}
