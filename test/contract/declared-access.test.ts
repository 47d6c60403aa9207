import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { Role } from "../../gen/parlance/access/v1/access_pb.js";
import { accessOf } from "../../src/edge/connect/services/access-of.ts";
import { contractFiles } from "../../src/edge/connect/services/services.ts";

const methods = contractFiles.flatMap((file) => file.services).flatMap(({ methods }) => methods);

describe("who may call a method", () => {
  it.each(methods.map((method) => [`${method.parent.name}/${method.name}`, method] as const))(
    "is declared by %s",
    (_, method) => {
      const { roles, callers } = accessOf(method);
      expect(roles.length > 0 || callers).toBe(true);
      expect(roles).not.toContain(Role.UNSPECIFIED);
    },
  );

  it.each(methods.map((method) => [`${method.parent.name}/${method.name}`, method] as const))(
    "lets viewers call %s only where it changes nothing",
    (_, method) => {
      if (!accessOf(method).roles.includes(Role.VIEWER)) return;
      expect(method.idempotency).toBe(MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS);
    },
  );

  it("is refused for a method without a declaration", () => {
    const [method] = methods;
    if (method === undefined) throw new Error("the contract has no methods");
    const bare = { ...method, proto: { ...method.proto, options: undefined } };
    expect(() => accessOf(bare)).toThrow("does not declare who may call it");
  });
});
