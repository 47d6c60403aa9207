import type { Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { DialectName } from "../../../core/dialect.ts";
import { DIALECT } from "../wire.ts";

/**
 * The dialect of Claude's maker: what Claude signs here is as good there, and the other way round.
 */
export const CLAUDE_DIALECT: DialectName = "anthropic-messages";

/** A proof and its dialect. */
export type Proof = Pick<Reasoning, "signature" | "encrypted" | "dialect">;

/**
 * The proof of reasoning under the name of who can check it. Claude's signatures hold at every
 * vendor of Claude (https://platform.claude.com/docs/en/build-with-claude/extended-thinking,
 * 2026-11); what is redacted differs by being bytes here and their text there. All other models'
 * proofs are this vendor's own.
 */
export function proofOf(signature: string, encrypted: string, claude: boolean): Proof {
  if (!claude) return { signature, encrypted, dialect: DIALECT };
  const text = Buffer.from(encrypted, "base64").toString();
  if (Buffer.from(text).toString("base64") !== encrypted)
    return { signature, encrypted, dialect: DIALECT };
  return { signature, encrypted: text, dialect: CLAUDE_DIALECT };
}
