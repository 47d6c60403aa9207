import { openHttp1Lane } from "./http1-lane.ts";
import { openHttp2Lanes } from "./http2-lane.ts";
import type { Lane, LaneOptions, PreparedRequest } from "./lane.ts";

/** Opens `count` callers that send the request in its own protocol. */
export function openLanes(
  origin: URL,
  request: PreparedRequest,
  count: number,
  options: LaneOptions = {},
): Promise<readonly Lane[]> {
  if (request.protocol === "http2") return openHttp2Lanes(origin, request, count, options);
  return Promise.all(Array.from({ length: count }, () => openHttp1Lane(origin, request, options)));
}
