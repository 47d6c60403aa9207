import type { ConnectRouter } from "@connectrpc/connect";
import { AuditService } from "../../../../gen/parlance/admin/v1/audit_service_pb.js";
import { BudgetService } from "../../../../gen/parlance/admin/v1/budget_service_pb.js";
import { CacheService } from "../../../../gen/parlance/admin/v1/cache_service_pb.js";
import { ConfigService } from "../../../../gen/parlance/admin/v1/config_service_pb.js";
import { ContentService } from "../../../../gen/parlance/admin/v1/content_service_pb.js";
import { EndUserService } from "../../../../gen/parlance/admin/v1/end_user_service_pb.js";
import { ExperimentService } from "../../../../gen/parlance/admin/v1/experiment_service_pb.js";
import { KeyService } from "../../../../gen/parlance/admin/v1/key_service_pb.js";
import { ModelService } from "../../../../gen/parlance/admin/v1/model_service_pb.js";
import { OrganizationService } from "../../../../gen/parlance/admin/v1/organization_service_pb.js";
import { PriceService } from "../../../../gen/parlance/admin/v1/price_service_pb.js";
import { PrivacyService } from "../../../../gen/parlance/admin/v1/privacy_service_pb.js";
import { ProviderService } from "../../../../gen/parlance/admin/v1/provider_service_pb.js";
import { SinkService } from "../../../../gen/parlance/admin/v1/sink_service_pb.js";
import { TeamService } from "../../../../gen/parlance/admin/v1/team_service_pb.js";
import { UsageService } from "../../../../gen/parlance/admin/v1/usage_service_pb.js";
import { UserService } from "../../../../gen/parlance/admin/v1/user_service_pb.js";
import { ChatService } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { EmbedService } from "../../../../gen/parlance/embed/v1/embed_service_pb.js";
import { GuardService } from "../../../../gen/parlance/guard/v1/guard_service_pb.js";
import { ModerationService } from "../../../../gen/parlance/moderation/v1/moderation_service_pb.js";
import { RerankService } from "../../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import type { Engine } from "../../gateway-api.ts";
import { createAdminService } from "./admin-service.ts";
import { createCacheService } from "./cache-service.ts";
import { createChatService } from "./chat-service.ts";
import { createConfigService } from "./config-service.ts";
import { createContentService } from "./content-service.ts";
import { createEmbedService } from "./embed-service.ts";
import { createExperimentService } from "./experiment-service.ts";
import { createGuardService } from "./guards/guard-service.ts";
import { createModelService } from "./model-service.ts";
import { createModerationService } from "./moderation-service.ts";
import { createRerankService } from "./rerank-service.ts";
import { createSinkService } from "./sink-service.ts";

/**
 * Every service of the contract, over HTTP and in process alike. `heartbeatMs`: how long a stream
 * to a client elsewhere may be silent, in milliseconds; default 0: for ever. `shutdown` ends what
 * only waits for news.
 */
export function registerServices(
  engine: Engine,
  heartbeatMs = 0,
  shutdown?: AbortSignal,
): (router: ConnectRouter) => ConnectRouter {
  return (router) =>
    router
      .service(ChatService, createChatService(engine, heartbeatMs))
      .service(EmbedService, createEmbedService(engine))
      .service(RerankService, createRerankService(engine))
      .service(ModerationService, createModerationService(engine))
      .service(GuardService, createGuardService(engine))
      .service(ModelService, createModelService(engine))
      .service(ConfigService, createConfigService(engine, shutdown))
      .service(CacheService, createCacheService(engine))
      .service(SinkService, createSinkService(engine))
      .service(ExperimentService, createExperimentService(engine))
      .service(UserService, createAdminService(engine, UserService, engine.tenants.users))
      .service(TeamService, createAdminService(engine, TeamService, engine.tenants.teams))
      .service(
        OrganizationService,
        createAdminService(engine, OrganizationService, engine.tenants.organizations),
      )
      .service(
        ProviderService,
        createAdminService(engine, ProviderService, engine.stored.providers),
      )
      .service(PriceService, createAdminService(engine, PriceService, engine.stored.prices))
      .service(KeyService, createAdminService(engine, KeyService, engine.tenants.keys))
      .service(BudgetService, createAdminService(engine, BudgetService, engine.tenants.budgets))
      .service(EndUserService, createAdminService(engine, EndUserService, engine.tenants.endUsers))
      .service(AuditService, createAdminService(engine, AuditService, engine.tenants.audit))
      .service(PrivacyService, createAdminService(engine, PrivacyService, engine.tenants.privacy))
      .service(ContentService, createContentService(engine))
      .service(UsageService, createAdminService(engine, UsageService, engine.usage));
}

/** The files whose services the edge serves and server reflection lists. */
export const contractFiles = [
  ChatService.file,
  EmbedService.file,
  RerankService.file,
  ModerationService.file,
  GuardService.file,
  ModelService.file,
  ConfigService.file,
  CacheService.file,
  SinkService.file,
  ExperimentService.file,
  UserService.file,
  TeamService.file,
  OrganizationService.file,
  KeyService.file,
  BudgetService.file,
  EndUserService.file,
  AuditService.file,
  PrivacyService.file,
  ContentService.file,
  ProviderService.file,
  PriceService.file,
  UsageService.file,
] as const;
