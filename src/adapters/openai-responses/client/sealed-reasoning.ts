import type { Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { seal } from "../../shared/sealed-reasoning.ts";
import { DIALECT } from "../wire.ts";

/**
 * What a client gets as `encrypted_content`, which it sends back unread. The dialect's own goes as
 * it is; another dialect's signature or encrypted reasoning is sealed. "": there is nothing to
 * prove.
 */
export function sealReasoning(reasoning: Reasoning): string {
  const { dialect, encrypted, signature } = reasoning;
  if (encrypted === "" && signature === "") return "";
  if ((dialect === DIALECT || dialect === "") && signature === "") return encrypted;
  return seal(reasoning);
}
