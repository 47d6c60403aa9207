import type { FrameText } from "../../core/dialect.ts";

/**
 * A comment, which readers of server-sent events skip
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream), as the
 * SDKs of OpenAI, Mistral and Cohere do.
 */
export const commentHeartbeat: FrameText = ": keep-alive\n\n";
