import { editTopLevel } from "../../../json/edit.ts";
import { asBuffer, isObject, parseJson } from "../../../json/json.ts";
import { sliceElements, sliceJson } from "../../../json/slice.ts";
import { SEALED_SIGNATURE, signatureOf, unsealSignature } from "../sealed-reasoning.ts";

/**
 * The `contents` at a path of a body without the reasoning of other vendors that was sealed for the
 * client, for the vendor would refuse its signatures; undefined where there is none, which a native
 * search mostly settles.
 */
export function contentsWithoutSeals(
  body: Uint8Array,
  path: readonly string[],
): string | undefined {
  if (!asBuffer(body).includes(`"${SEALED_SIGNATURE}`)) return undefined;
  const contents = sliceJson(body, path);
  const turns = contents === undefined ? undefined : sliceElements(contents);
  const kept = turns?.flatMap(turnWithoutSeals);
  return kept === undefined ? undefined : listOf(kept);
}

/** Nothing where nothing is left, for the vendor refuses empty turns. */
function turnWithoutSeals(turn: Uint8Array): readonly Uint8Array[] {
  const parts = sliceJson(turn, ["parts"]);
  const list = parts === undefined ? undefined : sliceElements(parts);
  if (list === undefined || !asBuffer(turn).includes(`"${SEALED_SIGNATURE}`)) return [turn];
  const kept = list.flatMap(partWithoutSeal);
  return kept.length === 0 ? [] : [editTopLevel(turn, { parts: listOf(kept) }) ?? turn];
}

/**
 * A sealed thought is nothing to the vendor; whatever else a client put the seal on stays without
 * it.
 */
function partWithoutSeal(part: Uint8Array): readonly Uint8Array[] {
  const parsed = asBuffer(part).includes(`"${SEALED_SIGNATURE}`) ? parseJson(part) : undefined;
  if (parsed?.ok !== true || !isObject(parsed.value)) return [part];
  if (unsealSignature(signatureOf(parsed.value) ?? "") === undefined) return [part];
  const { thought, text } = parsed.value;
  const others = Object.keys(parsed.value).some((key) => !SEAL_MEMBERS.has(key));
  if (!others && (thought === true || text === undefined || text === "")) return [];
  return [editTopLevel(part, { thoughtSignature: null, thought_signature: null }) ?? part];
}

const SEAL_MEMBERS: ReadonlySet<string> = new Set([
  "thought",
  "text",
  "thoughtSignature",
  "thought_signature",
]);

function listOf(elements: readonly Uint8Array[]): string {
  return `[${elements.map((element) => asBuffer(element).toString("utf8")).join(",")}]`;
}
