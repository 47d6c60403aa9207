import { writeJson } from "../../../json/write.ts";

/**
 * What a gateway does not know of models: each member has the value that clients take for unknown.
 */
export const unknownDetails = {
  parent_model: "",
  format: "",
  family: "",
  families: [],
  parameter_size: "",
  quantization_level: "",
} as const;

/**
 * The answer of `/api/tags` for models by name. See https://docs.ollama.com/api/tags.
 */
export function encodeTags(names: readonly string[], nowUnixS: number): string {
  const modified_at = new Date(nowUnixS * 1000).toISOString();
  const details = unknownDetails;
  return writeJson({
    models: names.map((name) => ({ name, model: name, modified_at, size: 0, digest: "", details })),
  });
}
