import { Modality, type ModelFacts } from "../../../../gen/parlance/model/v1/model_facts_pb.js";
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

/** A model as `/api/show` describes it. */
export interface ShownModel {
  readonly description: string;
  readonly operations: ReadonlySet<string>;
  readonly facts: ModelFacts | undefined;
}

/**
 * The answer of `/api/show`. Clients read the context length under the name of the architecture,
 * and what the model can do in `capabilities`. See https://docs.ollama.com/api/show.
 */
export function encodeShow(model: ShownModel, nowUnixS: number): string {
  const context = model.facts?.contextWindow;
  return writeJson({
    license: "",
    modelfile: "",
    parameters: "",
    template: "",
    system: "",
    details: unknownDetails,
    model_info: {
      "general.architecture": ARCHITECTURE,
      ...(model.description === "" ? undefined : { "general.description": model.description }),
      ...(context === undefined ? undefined : { [`${ARCHITECTURE}.context_length`]: context }),
    },
    capabilities: [...capabilities(model)],
    modified_at: new Date(nowUnixS * 1000).toISOString(),
  });
}

/** What a model is built as is not known; the word only joins two members. */
const ARCHITECTURE = "parlance";

/** Ollama's words: https://github.com/ollama/ollama/blob/main/types/model/capability.go. */
function* capabilities({ operations, facts }: ShownModel): Generator<string> {
  if (operations.has("embed")) yield "embedding";
  if (!operations.has("chat")) return;
  yield "completion";
  // Clients offer no tools to a model without the word, so that only a known no leaves it out.
  if (facts?.tools !== false) yield "tools";
  if (facts?.inputModalities.includes(Modality.IMAGE) === true) yield "vision";
  if (facts?.reasoning === true) yield "thinking";
}
