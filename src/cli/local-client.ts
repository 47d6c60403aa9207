import { createRouterTransport, type Transport } from "@connectrpc/connect";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { GuardService } from "../../gen/parlance/guard/v1/guard_service_pb.js";
import { ownKey, presentKey } from "../composition/own-key.ts";
import type { ConfigSource } from "../config/loading/load-config.ts";
import { createConfiguredEngine } from "../configured-gateway.ts";
import { createChatService } from "../edge/connect/services/chat-service.ts";
import { createGuardService } from "../edge/connect/services/guards/guard-service.ts";

/** The way to an engine in this process, and how to end it. */
export interface LocalTransport {
  readonly transport: Transport;
  close(): Promise<void>;
}

/**
 * Makes an engine and the way to its chats and guards. Rejects with ConfigError where the
 * configuration cannot be used.
 */
export async function openLocalTransport(
  config: ConfigSource | undefined,
  env: Readonly<Record<string, string | undefined>>,
  key: string | undefined,
): Promise<LocalTransport> {
  const { engine } = await createConfiguredEngine({ config, env });
  const present = presentKey(() => key ?? ownKey(engine.snapshot().settings));
  const transport = createRouterTransport(
    (router) =>
      router
        .service(ChatService, createChatService(engine, 0))
        .service(GuardService, createGuardService(engine)),
    {
      transport: { interceptors: [present] },
    },
  );
  return { transport, close: () => engine.close() };
}
