import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Call } from "../call.ts";
import { invalidField } from "../faults/fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";

/** The headers by which callers tag a call, with commas between tags: our own and LiteLLM's. */
export const tagHeaders = ["x-parlance-tags", "x-litellm-tags"] as const;

/** As many tags as a request may have in one place. */
export const maxTags = 64;

/** As many bytes as a tag may have. */
export const maxTagBytes = 256;

/**
 * The tags of a call, each once: those of its headers, of its body or its typed field, of its key,
 * and those that stages added. They stay in the gateway. A body that passes is not decoded for
 * them. Throws INVALID_REQUEST where a header holds more or longer tags than a call may have.
 */
export function tagsOf(
  call: Pick<Call, "header" | "origin" | "request" | "addedTags" | "principal">,
): readonly string[] {
  const { origin, addedTags, principal } = call;
  const own = origin === undefined ? typedTags(call) : origin.tags;
  let tags = own === undefined || own.length === 0 ? addedTags : joined(own, addedTags);
  if (principal?.tags !== undefined) tags = joined(principal.tags, tags);
  for (const name of tagHeaders) {
    const text = call.header(name);
    if (text !== undefined && text !== "") tags = joined(parseTags(name, text), tags);
  }
  return tags ?? none;
}

const none: readonly string[] = [];

function joined(some: readonly string[], more: readonly string[] = none): readonly string[] {
  return [...new Set([...some, ...more])];
}

function typedTags({ request }: Pick<Call, "request">): readonly string[] {
  const message = request.message();
  return isMessage(message, ChatSchema) ? message.tags : none;
}

function parseTags(header: string, text: string): readonly string[] {
  const tags = text.split(",", maxTags + 1).map((tag) => tag.trim());
  if (tags.length > maxTags)
    throw new GatewayError(invalidField(header, `must have at most ${maxTags} tags`));
  for (const tag of tags)
    if (Buffer.byteLength(tag) > maxTagBytes)
      throw new GatewayError(invalidField(header, `a tag must have at most ${maxTagBytes} bytes`));
  return tags.filter((tag) => tag !== "");
}
