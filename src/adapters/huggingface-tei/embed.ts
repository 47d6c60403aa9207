import type { EmbedSpec } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { EmbedEncoding } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Decoded, Encoded } from "../../core/dialect.ts";
import {
  createReport,
  dropped,
  type EncodeReport,
  mapped,
  reportDeclined,
} from "../../core/fidelity/encode-report.ts";
import type { Body } from "../../json/members.ts";
import { type Writable, writeJson } from "../../json/write.ts";
import { addExtras } from "../shared/add-extras.ts";
import { postJson } from "../shared/post-json.ts";
import { embedFidelity } from "./fidelity.ts";
import { COMPATIBLE_PATH, DIALECT, EMBED_PATH, type EmbedOptions } from "./wire.ts";

/**
 * A request for vectors. It goes to `/v1/embeddings`, which tells what it took, unless it says what
 * only `/embed` knows: how inputs are cut, what the vectors are for (`prompt_name`), or extras of
 * this dialect such as `normalize`. See https://huggingface.github.io/text-embeddings-inference/.
 */
export function encodeEmbedRequest(spec: EmbedSpec, options: EmbedOptions): Decoded<Encoded> {
  const report = createReport(embedFidelity);
  const inputs = encodeInputs(spec);
  const own: Body = {
    ...encodeTruncate(spec.truncate, report),
    prompt_name: encodePurpose(spec.inputType, report),
  };
  addExtras(own, spec.extrasJson[DIALECT], `extras_json["${DIALECT}"]`, report);
  if (spec.encoding === EmbedEncoding.INT8) dropped(report, "encoding");
  if (spec.encoding === EmbedEncoding.FLOAT || spec.encoding === EmbedEncoding.BASE64)
    mapped(report, "encoding");
  reportDeclined(report, spec);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const { dimensions } = spec;
  const plain = Object.values(own).every((value) => value === undefined);
  const request = plain
    ? postJson(COMPATIBLE_PATH, writeJson({ model: options.model, input: inputs, dimensions }))
    : postJson(EMBED_PATH, writeJson({ inputs, dimensions, ...own }));
  return { ok: true, value: { request, report: report.entries } };
}

/** Texts, or texts already cut into tokens. */
function encodeInputs({ inputs }: EmbedSpec): Writable[] {
  const values: Writable[] = [];
  for (const { input } of inputs) {
    if (input.case === "text") values.push(input.value);
    else if (input.case === "tokens") values.push(input.value.ids);
  }
  return values;
}

/** `truncate` is a switch, with a direction beside it. */
function encodeTruncate(word: string, report: EncodeReport): Body {
  switch (word.toLowerCase()) {
    case "":
      return {};
    case "true":
      mapped(report, "truncate", "sent as true");
      return { truncate: true };
    case "end":
    case "right":
      mapped(report, "truncate", "sent as true, in the direction right");
      return { truncate: true, truncation_direction: "Right" };
    case "start":
    case "left":
      mapped(report, "truncate", "sent as true, in the direction left");
      return { truncate: true, truncation_direction: "Left" };
    case "false":
    case "none":
      mapped(report, "truncate", "sent as false");
      return { truncate: false };
    default:
      dropped(report, "truncate");
      return {};
  }
}

function encodePurpose(inputType: string, report: EncodeReport): string | undefined {
  if (inputType === "") return undefined;
  mapped(report, "input_type");
  return inputType;
}
