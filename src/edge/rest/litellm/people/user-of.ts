import { create } from "@bufbuild/protobuf";
import { Role } from "../../../../../gen/parlance/access/v1/access_pb.js";
import { type User, UserSchema } from "../../../../../gen/parlance/admin/v1/user_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import type { ManagementCall } from "../management-call.ts";
import { type ManagementMembers, wrong } from "../members/management-members.ts";

/**
 * The user that `user_id` or `user_email` names. With `make` an admin has one made that there is
 * not, as LiteLLM does; others get NOT_FOUND.
 */
export async function userOf(
  call: ManagementCall,
  members: ManagementMembers,
  make = false,
): Promise<Pick<User, "id">> {
  const { services, caller } = call;
  const id = members.text("user_id") ?? "";
  const email = members.text("user_email") ?? "";
  if (id === "" && email === "") throw wrong("user_id", "say a user_id, or a user_email");
  const found = id === "" ? await byEmail(call, email) : await byId(call, id);
  if (found !== undefined) return found;
  const isAdmin = caller.access.grants.some(({ role }) => role === Role.ADMIN);
  // Whoever administers a team adds users of its organization by their ids, which are not shown.
  if (!isAdmin && id !== "") return { id };
  if (!make || !isAdmin) throw unknown(id === "" ? email : id);
  const user = create(UserSchema, { name: id === "" ? email : id, email });
  const made = await services.users.createUser({ user, id });
  return { id: made.user?.id ?? "" };
}

async function byId({ services }: ManagementCall, id: string): Promise<User | undefined> {
  try {
    return (await services.users.getUser({ id })).user;
  } catch (error) {
    const { reason } = error instanceof GatewayError ? error.fault : {};
    if (reason === ErrorReason.NOT_FOUND || reason === ErrorReason.PERMISSION_DENIED)
      return undefined;
    throw error;
  }
}

async function byEmail({ services }: ManagementCall, email: string): Promise<User | undefined> {
  const { users } = await services.users.listUsers({ email, pageSize: 2 });
  const [only, another] = users;
  if (another !== undefined)
    throw wrong("user_email", "several users have this address: say a user_id");
  return only;
}

function unknown(who: string): GatewayError {
  const message = `there is no user ${who} that you may see`;
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field: "user_id", message }],
  });
}
