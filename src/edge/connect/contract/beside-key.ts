import { type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { BesideRequest } from "../../../core/beside-request.ts";

/**
 * The context value that holds what a JSON request says beside its message, where its model takes
 * unknown members. Undefined: nothing.
 */
export const besideKey: ContextKey<BesideRequest | undefined> = createContextKey<
  BesideRequest | undefined
>(undefined, { description: "unknown members of a JSON request" });

/** The message of a request; what it says beside it is put into the context of its call. */
export function messageOf<T>(
  { message, beside }: { readonly message: T; readonly beside?: BesideRequest },
  context: Pick<HandlerContext, "values">,
): T {
  // The values of a context are made on first use, which most calls are spared.
  if (beside !== undefined) context.values.set(besideKey, beside);
  return message;
}
