import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  ChatService,
  type ExplainRequest,
} from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Setup } from "../routed-gateway.ts";

/** What Explain says of the targets of a call, as `a/x` and `b/x: why`. */
export interface Explained {
  readonly tried: readonly string[];
  readonly excluded: readonly string[];
}

/** Asks a gateway what a call would do. */
export async function explained(
  { gateway }: Pick<Setup, "gateway">,
  request: Partial<Omit<ExplainRequest, "$typeName">>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Explained> {
  const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
  const client = createClient(ChatService, transport);
  const { targets, excluded } = await client.explain(request, { headers });
  const name = (target: { provider: string; model: string } | undefined) =>
    `${target?.provider}/${target?.model}`;
  return {
    tried: targets.map(({ target }) => name(target)),
    excluded: excluded.map(({ target, why }) => `${name(target)}: ${why}`),
  };
}
