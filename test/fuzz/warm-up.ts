import { postJson } from "./client/post-json.ts";
import { callerKeys, type GatewayKind } from "./fuzz-config.ts";
import { restBodies } from "./requests/rest-bodies.ts";
import { restSurfaces } from "./requests/rest-surfaces.ts";
import { subjects } from "./vendor/subjects.ts";

/**
 * Has every module loaded: each path once, and each vendor by a caller of one dialect, whole and
 * streamed.
 */
export async function warmUp(port: number, kind: GatewayKind): Promise<void> {
  const ask = async (path: string, body: object): Promise<void> => {
    await postJson({ port, kind, path, key: callerKeys.caller, body }).catch(() => undefined);
  };
  const words = { text: "warm", stream: false };
  for (const { method, path, matched } of restSurfaces()) {
    if (method !== "POST" || matched === undefined) continue;
    const { facade, operation } = matched.route;
    const body = restBodies[facade][operation]?.({ model: "sim/echo", ...words });
    if (typeof body === "object" && body !== null) await ask(path("sim/echo"), body);
  }
  for (const { name, driven } of subjects) {
    const model = `${name}/${driven.model}`;
    const messages = [{ role: "user", content: "warm" }];
    for (const stream of [false, true])
      await ask("/v1/chat/completions", { model, messages, stream });
    await ask("/v1/messages/count_tokens", { model, messages, max_tokens: 5 });
    await ask("/v1/embeddings", { model, input: ["one"] });
    await ask("/v1/rerank", { model, query: "q", documents: ["one"] });
  }
}
