import type { World } from "../../../../src/composition/world.ts";
import type { StoreAddress } from "../../../../src/store/engine/engine.ts";
import {
  adminKey,
  startTenantGateway,
  type TenantGateway,
} from "../../../composition/tenants/tenant-gateway.ts";

/** What a test reads of a reply. */
export interface ManagementReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly warnings: string;
}

/** A gateway as LiteLLM's programs use it, by plain fetch. */
export interface ManagementGateway extends TenantGateway {
  readonly get: (path: string, key?: string) => Promise<ManagementReply>;
  /** A text is sent as it is. */
  readonly post: (path: string, body: object | string, key?: string) => Promise<ManagementReply>;
}

/** Starts a gateway that ends with the test. */
export async function startManagementGateway(
  store: StoreAddress = { kind: "memory" },
  world: Partial<World> = {},
): Promise<ManagementGateway> {
  const gateway = await startTenantGateway(store, world);
  return { ...gateway, ...sender(gateway.url) };
}

/** Sends requests to a gateway, as its admin unless another key is named. */
export function sender(url: string): Pick<ManagementGateway, "get" | "post"> {
  const send = async (path: string, key: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${key}`, ...init.headers };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    const text = await response.text();
    const warnings = response.headers.get("x-parlance-warnings") ?? "";
    const body = /^[{["\d]/.test(text) ? JSON.parse(text) : {};
    return { status: response.status, body, text, warnings };
  };
  return {
    get: (path, key = adminKey) => send(path, key),
    post: (path, body, key = adminKey) =>
      send(path, key, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}
