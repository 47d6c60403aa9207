import { writeJson } from "../../../json/write.ts";

/**
 * The answer of `/api/tags` for models by name. What a gateway does not know of them, such as their
 * size, has the value that clients take for unknown. See https://docs.ollama.com/api/tags.
 */
export function encodeTags(names: readonly string[], nowUnixS: number): string {
  const modified_at = new Date(nowUnixS * 1000).toISOString();
  const details = {
    parent_model: "",
    format: "",
    family: "",
    families: [],
    parameter_size: "",
    quantization_level: "",
  };
  return writeJson({
    models: names.map((name) => ({ name, model: name, modified_at, size: 0, digest: "", details })),
  });
}
