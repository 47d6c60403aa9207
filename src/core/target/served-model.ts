import type { EncodeOptions } from "../dialect.ts";

/**
 * The model whose abilities a request is fitted to. The one it is sent to may be named otherwise.
 */
export function servedModel({
  model,
  baseModel,
}: Pick<EncodeOptions, "model" | "baseModel">): string {
  return baseModel ?? model;
}
