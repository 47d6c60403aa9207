import type { ScratchCopy } from "./scratch-copy.ts";

// What the checklists of CONTRIBUTING.md say to write, each step by its number there.

/** Follows "Add a policy": refuses prompts that are longer than the config allows. */
export function addPolicy(copy: ScratchCopy): void {
  // 1. One message with the settings, and its field.
  copy.add(
    "proto/parlance/config/v1/prompt_limit.proto",
    `syntax = "proto3";

package parlance.config.v1;

import "buf/validate/validate.proto";

// A bound on prompts.
message PromptLimit {
  // The most characters that the texts of a prompt may have together, 1 to 1000000. Required.
  uint32 max_prompt_chars = 1 [(buf.validate.field).uint32 = {
    gte: 1
    lte: 1000000
  }];
}
`,
  );
  const config = "proto/parlance/config/v1/config.proto";
  copy.insert(
    config,
    /import "parlance\/config\/v1\/model\.proto";\n/,
    'import "parlance/config/v1/prompt_limit.proto";\n',
  );
  copy.insert(
    config,
    /message Config \{\n/,
    "  // How long prompts may be. Unset: as long as their vendors take.\n  PromptLimit prompt_limit = 1000;\n",
  );
  // 2. The policy.
  copy.add(
    "src/policies/prompt-limit.ts",
    `import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import type { Call } from "../core/call.ts";
import { refusable, type Stage } from "../core/compose.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { chat, expectMessage } from "../core/operation.ts";

/** Refuses prompts that are longer than \`prompt_limit\` allows. Fails closed. */
export function promptLimitPolicy({ config }: Settings): Stage | undefined {
  const bound = config.promptLimit?.maxPromptChars;
  if (bound === undefined) return undefined;
  const pass = (call: Call): Call => {
    if (promptLength(call) <= bound) return call;
    throw new GatewayError({
      reason: ErrorReason.INVALID_REQUEST,
      message: \`the prompt has more than \${bound} characters: shorten it\`,
      fields: [{ field: "chat.messages", message: \`more than \${bound} characters\` }],
    });
  };
  return {
    name: "prompt_limit",
    layer: (next) => (call) => next(pass(call)),
    plan: (call) => refusable(call, () => pass(call)),
  };
}

function promptLength({ request }: Call): number {
  if (request.operation.name !== chat.name) return 0;
  const { messages } = expectMessage(request.message(), ChatSchema);
  const texts = messages
    .flatMap(({ parts }) => parts)
    .map(({ content }) => (content.case === "text" ? content.value.text.length : 0));
  return texts.reduce((sum, length) => sum + length, 0);
}
`,
  );
  // 3. Its line in the pipeline.
  copy.insert(
    "src/pipeline.ts",
    /import \{ healthPolicy \}[^;]*;\n/,
    'import { promptLimitPolicy } from "./policies/prompt-limit.ts";\n',
  );
  copy.insert("src/pipeline.ts", / {2}validatePolicy,\n/, "  promptLimitPolicy,\n");
}

/** Follows "Add an operation": a text gets a label. */
export function addOperation(copy: ScratchCopy): void {
  addLabelContract(copy);
  // 2. Its types and its value.
  const operation = "src/core/operation.ts";
  copy.insert(
    operation,
    /export interface OperationTypes \{\n/,
    "  readonly label: OperationType<LabelSpec, LabelResult>;\n",
  );
  copy.insert(
    operation,
    /import \{ arrangeRerank \}[^;]*;\n/,
    `import { type LabelResult, LabelResultSchema, type LabelSpec, LabelSpecSchema } from "../../gen/parlance/label/v1/label_pb.js";\n`,
  );
  copy.insert(operation, /export const operations: [^=]*= \{\n/, "  label,\n");
  copy.insert(
    operation,
    /\n(?=\/\*\* Every operation by its name)/,
    `/** A text gets a label. */
export const label: Operation<LabelSpec, LabelResult> = {
  name: "label",
  table: "label",
  title: "Labels",
  request: LabelSpecSchema,
  result: LabelResultSchema,
  field: "spec",
  usageOf: () => undefined,
};

`,
  );
  addLabelCodec(copy);
  // 4. Who serves it.
  copy.insert("src/adapters/registry.ts", /operations: \{\n/, '      label: "/label",\n');
  copy.insert(
    "src/adapters/catalog/rows/built-in-rows.ts",
    /id: "openai_compatible",[^[]*\[\],[^[]*\[/,
    '"label", ',
  );
  addLabelService(copy);
}

/** 1. The contract. */
function addLabelContract(copy: ScratchCopy): void {
  copy.add(
    "proto/parlance/label/v1/label.proto",
    `syntax = "proto3";

package parlance.label.v1;

import "buf/validate/validate.proto";

// A text that is to get a label.
message LabelSpec {
  // The model. Required. At most 512 characters.
  string model = 1 [(buf.validate.field).string = {
    min_len: 1
    max_len: 512
  }];
  // The text. Empty: nothing is labelled. At most 1000000 characters.
  string text = 2 [(buf.validate.field).string.max_len = 1000000];
  // Options of dialects, by their names. Empty: none. At most 16.
  map<string, string> extras_json = 3 [(buf.validate.field).map.max_pairs = 16];
}

// A label.
message LabelResult {
  // The label. Never empty.
  string label = 1;
}
`,
  );
  copy.add(
    "proto/parlance/label/v1/label_service.proto",
    `syntax = "proto3";

package parlance.label.v1;

import "buf/validate/validate.proto";
import "parlance/call/v1/call_report.proto";
import "parlance/label/v1/label.proto";

// Labels texts.
service LabelService {
  // Labels one text.
  rpc Label(LabelRequest) returns (LabelResponse);
}

// See LabelService.Label.
message LabelRequest {
  // What is to be labelled.
  LabelSpec spec = 1 [(buf.validate.field).required = true];
}

// See LabelService.Label.
message LabelResponse {
  // The label.
  LabelResult result = 1;
  // How it came about.
  parlance.call.v1.CallReport report = 2;
}
`,
  );
}

/** 3. The codec of a dialect, and 5. what the simulator answers. */
function addLabelCodec(copy: ScratchCopy): void {
  copy.add(
    "src/adapters/openai-chat/vendor/label.ts",
    `import { create } from "@bufbuild/protobuf";
import {
  type LabelResult,
  LabelResultSchema,
  type LabelSpec,
  LabelSpecSchema,
} from "../../../../gen/parlance/label/v1/label_pb.js";
import { malformed } from "../../../core/faults/fault.ts";
import { declareFidelity } from "../../../core/fidelity/fidelity.ts";
import { isObject, stringAt } from "../../../json/json.ts";
import { jsonCodec } from "../../shared/json-codec.ts";
import { NAME } from "../wire.ts";

/** What becomes of the fields of a text that is to get a label. */
export const labelFidelity = declareFidelity(NAME, LabelSpecSchema, {
  text: { forwarded: "" },
  extras_json: { dropped: "the vendor takes none" },
});

/** Labels, as the vendor gives them. */
export const labels = jsonCodec<LabelSpec, LabelResult, unknown, unknown>({
  encodeRequest: ({ text }, { model }) => {
    const headers = ["content-type", "application/json"];
    const body = JSON.stringify({ model, text });
    return {
      ok: true,
      value: { request: { method: "POST", path: "/label", headers, body }, report: [] },
    };
  },
  decodeResponse: (json) => {
    const label = isObject(json) ? stringAt(json, "label") : undefined;
    return label === undefined
      ? { ok: false, fault: malformed("the reply has no label") }
      : { ok: true, value: create(LabelResultSchema, { label }) };
  },
});
`,
  );
  const index = "src/adapters/openai-chat/index.ts";
  copy.insert(
    index,
    /import \{ decodeError \} from "\.\/vendor\/error\.ts";\n/,
    'import { labelFidelity, labels } from "./vendor/label.ts";\n',
  );
  copy.insert(index, /fidelity: \{/, " label: labelFidelity,");
  copy.insert(index, /codecs: \{\n/, "    label: labels,\n");
  const sim = "src/sim/sim-handler.ts";
  copy.insert(
    sim,
    /import \{ RerankSpecSchema \}[^;]*;\n/,
    'import { LabelResultSchema } from "../../gen/parlance/label/v1/label_pb.js";\nimport { create } from "@bufbuild/protobuf";\n',
  );
  copy.insert(
    sim,
    /const answers: [^=]*= \{\n/,
    '  label: { whole: async () => create(LabelResultSchema, { label: "simulated" }) },\n',
  );
}

/** 6. The service. */
function addLabelService(copy: ScratchCopy): void {
  copy.add(
    "src/edge/connect/services/label-service.ts",
    `import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { LabelSpecSchema } from "../../../../gen/parlance/label/v1/label_pb.js";
import {
  LabelResponseSchema,
  type LabelService,
} from "../../../../gen/parlance/label/v1/label_service_pb.js";
import { label } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { answerRpcCall } from "./rpc-call.ts";

/** LabelService over the gateway. */
export function createLabelService(engine: Engine): ServiceImpl<typeof LabelService> {
  return {
    label: async ({ spec = create(LabelSpecSchema) }, context) =>
      create(LabelResponseSchema, await answerRpcCall(engine, label, spec, context)),
  };
}
`,
  );
  const services = "src/edge/connect/services/services.ts";
  copy.insert(
    services,
    /import \{ createEmbedService \}[^;]*;\n/,
    'import { LabelService } from "../../../../gen/parlance/label/v1/label_service_pb.js";\nimport { createLabelService } from "./label-service.ts";\n',
  );
  copy.insert(
    services,
    /\n {4}router\n/,
    "      .service(LabelService, createLabelService(engine))\n",
  );
  copy.insert(services, /contractFiles = \[\n/, "  LabelService.file,\n");
}
