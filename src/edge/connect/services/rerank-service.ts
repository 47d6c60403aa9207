import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { RerankSpecSchema } from "../../../../gen/parlance/rerank/v1/ranking_pb.js";
import {
  RerankResponseSchema,
  type RerankService,
} from "../../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import type { Engine } from "../../gateway-api.ts";
import { callReport } from "./call-report.ts";
import { told } from "./chat-service.ts";
import { beginRpcCall } from "./rpc-call.ts";

/** RerankService over the engine. */
export function createRerankService(engine: Engine): ServiceImpl<typeof RerankService> {
  return {
    async rerank({ spec }, context) {
      const asked = spec ?? create(RerankSpecSchema);
      const call = beginRpcCall(
        engine,
        asked.model,
        { operation: "rerank", spec: () => asked },
        context,
      );
      return told(engine, call, async () => {
        const reply = await engine.handle(call);
        if (reply.output.kind !== "ranking")
          throw new Error(`a ranking was answered with ${reply.output.kind}`);
        const report = callReport(call, reply, engine.configHash());
        return create(RerankResponseSchema, { result: reply.output.result, report });
      });
    },
  };
}
