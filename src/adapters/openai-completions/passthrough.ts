import type { FrameWatch, Passthrough } from "../../core/dialect.ts";
import { editTopLevel } from "../../json/edit.ts";
import {
  passthrough as chatPassthrough,
  editChat,
  watchFrames,
} from "../openai-chat/passthrough.ts";
import type { ChatQuirks } from "../openai-chat/wire.ts";
import { postJson } from "../shared/post-json.ts";
import { fitCompletion, fitFim } from "./fit/fit.ts";
import { FIM_PATH } from "./vendor/fim-request.ts";
import { completionsPath } from "./vendor/request.ts";

const { scanUsage } = chatPassthrough;

const watch = (clientWantsUsage: boolean): FrameWatch => watchFrames(clientWantsUsage);

/** The byte path: the caller's bytes, but for the model and the request for usage. */
export const completionsPassthrough: Passthrough<ChatQuirks> = {
  fit: (_operation, origin, options) => fitCompletion(origin, options),
  request(_operation, body, options) {
    const edits = { ...options.edits, model: JSON.stringify(options.model) };
    return postJson(completionsPath(options), editChat(body, edits, options));
  },
  scanUsage,
  watch,
};

/** The byte path: the caller's bytes, fitted, but for the model. Usage comes unasked. */
export const fimPassthrough: Passthrough<ChatQuirks> = {
  fit: (_operation, origin) => fitFim(origin),
  request: (_operation, body, { model }) =>
    postJson(FIM_PATH, editTopLevel(body, { model: JSON.stringify(model) }) ?? body),
  scanUsage,
  watch,
};
