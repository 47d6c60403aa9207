import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type SinkService,
  TestSinksRequestSchema,
  TestSinksResponseSchema,
} from "../../../../gen/parlance/admin/v1/sink_service_pb.js";
import { invalidField } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { Engine } from "../../gateway-api.ts";
import { createForAdmins } from "./for-admins.ts";

/** SinkService over the engine, for admins. */
export function createSinkService(engine: Engine): ServiceImpl<typeof SinkService> {
  const forAdmins = createForAdmins(engine, "test sinks");
  return {
    testSinks: (request, context) =>
      forAdmins(context, async () => {
        engine.check(TestSinksRequestSchema, request, "");
        const { name } = request;
        const tests = await engine.testSinks(name);
        if (tests.length === 0 && name !== "")
          throw new GatewayError(invalidField("name", "there is no sink of this name"));
        return create(TestSinksResponseSchema, { tests: [...tests] });
      }),
  };
}
