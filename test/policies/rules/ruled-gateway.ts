import type { World } from "../../../src/composition/world.ts";
import { type Setup, setUp as setUpRouted } from "../routing/routed-gateway.ts";

const models = `
  - { name: m, targets: [{ model: a/small }, { model: b/other, weight: 0 }] }
  - { name: big, targets: [{ model: b/big }] }
  - { name: spread, strategy: PRIORITY, targets: [{ model: a/one }, { model: b/two }, { model: c/three }] }`;

/** Starts a gateway of three vendors with rules. */
export function setUp(rules: string, more = "", world: Partial<World> = {}): Promise<Setup> {
  return setUpRouted(models, {}, { more: `rules:\n${rules}\n${more}`, world });
}

/** Calls a method of ChatService with JSON. */
export async function rpc(
  { gateway }: Pick<Setup, "gateway">,
  method: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly json: RpcReply }> {
  const response = await fetch(`${gateway.url}/parlance.chat.v1.ChatService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as RpcReply }; // what the tests look at
}

/** What tests look at of replies. */
export interface RpcReply {
  readonly code?: string;
  readonly message?: string;
  readonly report?: {
    readonly rule?: readonly string[];
    readonly cache?: { readonly state?: string };
  };
  readonly cache?: { readonly state?: string };
  readonly cacheWhy?: string;
  readonly guards?: readonly { readonly name: string; readonly outcome: string }[];
  readonly rules?: readonly {
    readonly name: string;
    readonly holds?: boolean;
    readonly acts?: boolean;
    readonly note?: string;
  }[];
  readonly targets?: readonly {
    readonly target: { readonly provider: string; readonly model: string };
    readonly why: string;
    readonly score?: number;
    readonly expectedCostNanoUsd?: string;
    readonly bodyJson?: string;
    readonly fidelity?: readonly object[];
  }[];
  readonly excluded?: readonly { readonly why: string }[];
}
