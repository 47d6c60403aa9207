import { readFileSync } from "node:fs";
import type { JsonValue } from "@bufbuild/protobuf";
import {
  type Client,
  ConnectError,
  createClient,
  createRouterTransport,
} from "@connectrpc/connect";
import { CacheService } from "../gen/parlance/admin/v1/cache_service_pb.js";
import { ConfigService } from "../gen/parlance/admin/v1/config_service_pb.js";
import { ExperimentService } from "../gen/parlance/admin/v1/experiment_service_pb.js";
import { ModelService } from "../gen/parlance/admin/v1/model_service_pb.js";
import { ChatService } from "../gen/parlance/chat/v1/chat_service_pb.js";
import { EmbedService } from "../gen/parlance/embed/v1/embed_service_pb.js";
import { type Fault, FaultSchema } from "../gen/parlance/error/v1/fault_pb.js";
import { GuardService } from "../gen/parlance/guard/v1/guard_service_pb.js";
import { ModerationService } from "../gen/parlance/moderation/v1/moderation_service_pb.js";
import { RerankService } from "../gen/parlance/rerank/v1/rerank_service_pb.js";
import { ConfigError } from "./composition/config-error.ts";
import { ownKey, presentKey } from "./composition/own-key.ts";
import type { ConfigSource } from "./config/loading/load-config.ts";
import type { Violation } from "./config/violation.ts";
import { createConfiguredEngine } from "./configured-gateway.ts";
import { draining } from "./core/faults/draining.ts";
import type { CallRecord } from "./core/ledger/call-record.ts";
import { durationMs } from "./core/time/duration-ms.ts";
import { registerServices } from "./edge/connect/services/services.ts";
import { createFetchHandler } from "./edge/fetch-handler.ts";
import { createFrontDoor } from "./edge/front-door.ts";
import { createReadiness } from "./edge/readiness.ts";

export { Code, ConnectError } from "@connectrpc/connect";
export { CacheService } from "../gen/parlance/admin/v1/cache_service_pb.js";
export { ConfigService } from "../gen/parlance/admin/v1/config_service_pb.js";
export { ExperimentService } from "../gen/parlance/admin/v1/experiment_service_pb.js";
export { ModelService } from "../gen/parlance/admin/v1/model_service_pb.js";
export { CallReportSchema } from "../gen/parlance/call/v1/call_report_pb.js";
export { ChatSchema } from "../gen/parlance/chat/v1/chat_pb.js";
export { ChatService } from "../gen/parlance/chat/v1/chat_service_pb.js";
export { CompletionSchema, FinishReason } from "../gen/parlance/chat/v1/completion_pb.js";
export { EventSchema } from "../gen/parlance/chat/v1/event_pb.js";
export { MessageSchema, Role } from "../gen/parlance/chat/v1/message_pb.js";
export { PartSchema } from "../gen/parlance/chat/v1/part_pb.js";
export { ToolSchema } from "../gen/parlance/chat/v1/tool_pb.js";
export { UsageSchema } from "../gen/parlance/chat/v1/usage_pb.js";
export { EmbedService } from "../gen/parlance/embed/v1/embed_service_pb.js";
export { EmbedResultSchema, EmbedSpecSchema } from "../gen/parlance/embed/v1/embedding_pb.js";
export { ErrorReason } from "../gen/parlance/error/v1/error_reason_pb.js";
export { type Fault, FaultSchema } from "../gen/parlance/error/v1/fault_pb.js";
export { GuardService } from "../gen/parlance/guard/v1/guard_service_pb.js";
export { GuardResultSchema, GuardSpecSchema } from "../gen/parlance/guard/v1/guard_spec_pb.js";
export {
  ModerationResultSchema,
  ModerationSpecSchema,
} from "../gen/parlance/moderation/v1/moderation_pb.js";
export { ModerationService } from "../gen/parlance/moderation/v1/moderation_service_pb.js";
export { RerankResultSchema, RerankSpecSchema } from "../gen/parlance/rerank/v1/ranking_pb.js";
export { RerankService } from "../gen/parlance/rerank/v1/rerank_service_pb.js";
export { ConfigError } from "./composition/config-error.ts";
export type { Violation } from "./config/violation.ts";
export type { CallRecord } from "./core/ledger/call-record.ts";
export { collect } from "./events/collect.ts";
export { explode } from "./events/explode.ts";

/**
 * A configuration: the text of a config file (YAML or JSON), its content as an object with the same
 * names, or the path of a file.
 */
export type ConfigInput =
  | string
  | { readonly [name: string]: JsonValue }
  | { readonly file: string };

/** Options of a gateway in this process besides its configuration. */
export interface GatewayOptions {
  /**
   * Where credentials named in the configuration are looked up, usually `process.env`; default:
   * nothing is found.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * The key that `client` and `clients` present; default: the admin key, else the first key of the
   * configuration.
   */
  readonly key?: string;
  /** Takes the record of each call when it is over; it holds no content. Must not throw. */
  readonly onCall?: (record: CallRecord) => void;
  /** Called with failures that are bugs of the gateway; default: they are ignored. */
  readonly onBug?: (error: unknown) => void;
}

/**
 * Typed clients of a gateway in this process. They fail with ConnectErrors; `faultOf` reads their
 * details.
 */
export interface GatewayClients {
  readonly chat: Client<typeof ChatService>;
  readonly embed: Client<typeof EmbedService>;
  readonly rerank: Client<typeof RerankService>;
  readonly moderation: Client<typeof ModerationService>;
  readonly guards: Client<typeof GuardService>;
  readonly models: Client<typeof ModelService>;
  readonly config: Client<typeof ConfigService>;
  readonly experiments: Client<typeof ExperimentService>;
  readonly cache: Client<typeof CacheService>;
}

/** A gateway in this process: the same engine as behind a port. */
export interface Gateway extends AsyncDisposable {
  /** The chat client; the same as `clients.chat`. */
  readonly client: Client<typeof ChatService>;
  readonly clients: GatewayClients;
  /** Warnings about the configuration. */
  readonly warnings: readonly Violation[];
  /**
   * Answers a web-standard request as the gateway's port would: REST, Connect and gRPC-Web, with
   * keys checked. Mount it in any framework that speaks fetch. It resolves when the head of the
   * reply is known; the body streams.
   */
  readonly handle: (request: Request) => Promise<Response>;
  /**
   * Puts another configuration in force for calls to come. Rejects with ConfigError where it cannot
   * be used; then nothing changes.
   */
  reload(config: ConfigInput): Promise<void>;
  /**
   * Ends running requests of `handle` with the truth, lets running calls finish, and closes the
   * connections to vendors.
   */
  close(): Promise<void>;
}

/**
 * Makes a gateway in this process, without a port. Without a configuration the environment in the
 * options decides, as on the command line. Rejects with ConfigError where the configuration cannot
 * be used.
 */
export async function createGateway(
  config?: ConfigInput,
  options: GatewayOptions = {},
): Promise<Gateway> {
  const { env, key, onCall, onBug } = options;
  const world = {
    ...(onCall === undefined ? {} : { record: onCall }),
    ...(onBug === undefined ? {} : { onBug }),
  };
  const source = config === undefined ? undefined : sourceOf(config);
  const configured = await createConfiguredEngine({ config: source, env, world });
  const { engine } = configured;
  const settings = () => engine.snapshot().settings;

  const shutdown = new AbortController();
  const readiness = createReadiness(
    () => !shutdown.signal.aborted && settings().providers.size > 0,
  );
  const { limits, heartbeat } = settings().config.server;
  const { maxBodyBytes, bodyMemoryBytes } = limits;
  const door = createFrontDoor({
    engine,
    readiness,
    shutdown: shutdown.signal,
    maxBodyBytes,
    heartbeatMs: durationMs(heartbeat),
  });
  const web = createFetchHandler({
    handler: door.handle,
    onRefused: (exchange) => door.refuse(exchange, draining),
    onError: door.fail,
    refusalId: door.refusalId,
    cors: { origins: settings().config.server.cors?.allowedOrigins ?? [] },
    maxBodyBytes,
    bodyMemoryBytes,
  });
  const clients = createClients(engine, () => key ?? ownKey(settings()));

  const close = async (): Promise<void> => {
    shutdown.abort();
    readiness.changed();
    web.close();
    await engine.close();
  };
  return {
    client: clients.chat,
    clients,
    warnings: configured.warnings,
    handle: web.handle,
    async reload(next) {
      const from = sourceOf(next);
      const result = await configured.reload(from);
      if (!result.ok) throw new ConfigError(from.filename, result.violations);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * The fault of a failed call of a typed client; undefined where the error is none of the gateway's.
 */
export function faultOf(error: unknown): Fault | undefined {
  return error instanceof ConnectError ? error.findDetails(FaultSchema)[0] : undefined;
}

function createClients(
  engine: Parameters<typeof registerServices>[0],
  key: () => string | undefined,
): GatewayClients {
  const transport = createRouterTransport(registerServices(engine), {
    transport: { interceptors: [presentKey(key)] },
  });
  return {
    chat: createClient(ChatService, transport),
    embed: createClient(EmbedService, transport),
    rerank: createClient(RerankService, transport),
    moderation: createClient(ModerationService, transport),
    guards: createClient(GuardService, transport),
    models: createClient(ModelService, transport),
    config: createClient(ConfigService, transport),
    experiments: createClient(ExperimentService, transport),
    cache: createClient(CacheService, transport),
  };
}

function sourceOf(config: ConfigInput): ConfigSource {
  if (typeof config === "string") return { text: config, filename: "config" };
  if ("file" in config && typeof config.file === "string") {
    return { text: readFileSync(config.file, "utf8"), filename: config.file };
  }
  return { text: JSON.stringify(config), filename: "config" };
}
