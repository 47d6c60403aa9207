import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { type Access, access } from "../../../../gen/parlance/access/v1/access_pb.js";

/**
 * Who may call a method, as the contract declares it. Throws for one that declares nothing, which
 * nobody may call: a test finds it before.
 */
export function accessOf(method: DescMethod): Access {
  if (!hasOption(method, access))
    throw new Error(`${method.parent.typeName}/${method.name} does not declare who may call it`);
  return getOption(method, access);
}
