import type { Client } from "@connectrpc/connect";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { ownKey, presentKey } from "../composition/own-key.ts";
import type { ConfigSource } from "../config/loading/load-config.ts";
import { createConfiguredEngine } from "../configured-gateway.ts";
import { createChatService } from "../edge/connect/services/chat-service.ts";

/** A chat client over an engine in this process, and how to end it. */
export interface LocalClient {
  readonly client: Client<typeof ChatService>;
  close(): Promise<void>;
}

/**
 * Makes an engine and a client of it. Rejects with ConfigError where the configuration cannot be
 * used.
 */
export async function openLocalClient(
  config: ConfigSource | undefined,
  env: Readonly<Record<string, string | undefined>>,
  key: string | undefined,
): Promise<LocalClient> {
  const { engine } = await createConfiguredEngine({ config, env });
  const present = presentKey(() => key ?? ownKey(engine.snapshot().settings));
  const transport = createRouterTransport(
    (router) => router.service(ChatService, createChatService(engine, 0)),
    {
      transport: { interceptors: [present] },
    },
  );
  return { client: createClient(ChatService, transport), close: () => engine.close() };
}
