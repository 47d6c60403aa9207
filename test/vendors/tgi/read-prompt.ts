import { mediaOfDataUrl } from "../describe-media.ts";
import { asArray, asObject, asString, type JsonObject } from "../json-value.ts";
import type { RequestFacts } from "../plan-answer.ts";

const picture = /!\[\]\(([^)]*)\)/g;

/**
 * What a prompt asks: the words behind the last "User:", up to the next speaker, or all of it where
 * nobody is named.
 */
export function lastWords(inputs: string): string {
  const [, said] =
    /^(?:[\s\S]*\n)?User: ([\s\S]*?)(?:\n(?:System|Assistant|Tool):[\s\S]*)?$/.exec(inputs) ?? [];
  return (said ?? inputs).replace(picture, "").trim();
}

/** The pictures of a prompt. */
export function mediaOf(inputs: string): RequestFacts["media"] {
  return [...inputs.matchAll(picture)].map(
    ([, url = ""]) => mediaOfDataUrl("image", url) ?? { kind: "image" as const, url },
  );
}

/** Reads a valid request. Pictures are Markdown, as models that see read them. */
export function readPrompt(body: JsonObject, stream: boolean): RequestFacts {
  const inputs = asString(body.inputs) ?? "";
  const parameters = asObject(body.parameters) ?? {};
  const grammar = asObject(parameters.grammar);
  return {
    model: "",
    stream,
    lastUserText: lastWords(inputs),
    promptText: inputs,
    media: mediaOf(inputs),
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: false,
    toolResults: [],
    outputSchema: grammar?.type === "json" ? grammar.value : undefined,
    stopSequence: asString(asArray(parameters.stop)[0]),
  };
}
