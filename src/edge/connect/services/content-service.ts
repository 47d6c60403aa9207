import type { ServiceImpl } from "@connectrpc/connect";
import type { ContentService } from "../../../../gen/parlance/admin/v1/content_service_pb.js";
import type { Engine } from "../../gateway-api.ts";
import { createAdminMethod } from "./admin-service.ts";

/** The reader of stored content, whose refusals are in the audit too. */
export function createContentService(engine: Engine): ServiceImpl<typeof ContentService> {
  const { contents } = engine;
  return {
    getContent: createAdminMethod(engine, contents.getContent, ({ callId }, caller) =>
      contents.refused(callId, caller),
    ),
    listContent: createAdminMethod(engine, contents.listContent, (_, caller) =>
      contents.refused("", caller),
    ),
  };
}
