import { create } from "@bufbuild/protobuf";
import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { EmbedInput } from "../../../gen/parlance/embed/v1/embedding_pb.js";

/**
 * What each input of a batch took of the usage that the vendor tells of all: by their lengths, in
 * whole tokens that add up to it exactly. Undefined where the vendor tells none.
 */
export function shareUsage(
  usage: Usage | undefined,
  inputs: readonly (EmbedInput | undefined)[],
): readonly (Usage | undefined)[] {
  const input = usage?.inputTokens;
  if (input === undefined) return inputs.map(() => undefined);
  const weights = inputs.map(weightOf);
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  const total = usage?.totalTokens;
  let before = 0n;
  return weights.map((weight) => {
    const share = (tokens: bigint) => (tokens * (before + weight)) / all - (tokens * before) / all;
    const inputTokens = share(input);
    const totalTokens = total === undefined ? undefined : share(total);
    before += weight;
    return create(UsageSchema, {
      inputTokens,
      ...(totalTokens === undefined ? undefined : { totalTokens }),
    });
  });
}

/** About how much of a batch an input is. Pictures count as much as a page. */
function weightOf(one: EmbedInput | undefined): bigint {
  const input = one?.input;
  if (input?.case === "text") return BigInt(input.value.length + 1);
  if (input?.case === "tokens") return BigInt(4 * input.value.ids.length + 1);
  return 4000n;
}
