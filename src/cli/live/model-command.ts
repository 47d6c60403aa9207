import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import {
  type Model,
  ModelSchema,
  ModelSettingsSchema,
} from "../../../gen/parlance/admin/v1/model_pb.js";
import {
  GetModelResponseSchema,
  ModelService,
} from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import type { ModelSchema as SettingsSchema } from "../../../gen/parlance/config/v1/model_pb.js";
import { type CommandInput, textOption } from "../command.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import {
  type ActionInput,
  printJson,
  readAll,
  runTenantCommand,
  type TenantCommand,
} from "../tenants/tenant-command.ts";
import { namesOption, OptionMistake } from "../tenants/tenant-options.ts";

const settable = ["targets", "fallbacks", "description"];

const command: TenantCommand = {
  name: "model",
  placeholder: "MODEL",
  actions: {
    create: { named: "needed", options: settable, run: create },
    list: { named: "none", options: [], run: list },
    show: { named: "needed", options: [], run: show },
    update: { named: "needed", options: settable, run: update },
    delete: { named: "needed", options: [], run: remove },
  },
};

/** `parlance model ACTION [MODEL]`. */
export function runModel(shell: Shell, input: CommandInput): Promise<number> {
  return runTenantCommand(command, shell, input);
}

async function create({ transport, name, input, json }: ActionInput): Promise<string> {
  const model = { ...settingsOf(input), name };
  if (model.targets === undefined)
    throw new OptionMistake("create needs --targets, such as sim/echo");
  const { settings } = await createClient(ModelService, transport).createModel({ model });
  if (json && settings !== undefined) return printJson(toJson(ModelSettingsSchema, settings));
  return `${name} can be called\n`;
}

async function list({ transport, json }: ActionInput): Promise<string> {
  const client = createClient(ModelService, transport);
  const models = await readAll(client.listModels, "models", {});
  if (json) return printJson(models.map((model) => toJson(ModelSchema, model)));
  return printTable(["NAME", "TARGETS", "FALLBACKS", "IN", "DESCRIPTION"], models.map(rowOf));
}

async function show({ transport, name }: ActionInput): Promise<string> {
  const found = await createClient(ModelService, transport).getModel({ name });
  return printJson(toJson(GetModelResponseSchema, found));
}

async function update({ transport, name, input, json }: ActionInput): Promise<string> {
  const changes = settingsOf(input);
  const paths = Object.keys(changes);
  if (paths.length === 0)
    throw new OptionMistake("update needs what is to change, such as --targets");
  const { settings } = await createClient(ModelService, transport).updateModel({
    model: { ...changes, name },
    updateMask: { paths },
  });
  if (json && settings !== undefined) return printJson(toJson(ModelSettingsSchema, settings));
  return `${name} is changed\n`;
}

async function remove({ transport, name, json }: ActionInput): Promise<string> {
  await createClient(ModelService, transport).deleteModel({ name });
  return json ? printJson({}) : `${name} is deleted\n`;
}

/** What options set of a model; what is absent is left as it is. */
function settingsOf(input: CommandInput): MessageInitShape<typeof SettingsSchema> {
  const targets = namesOption(input, "targets")?.map((model) => ({ model }));
  const fallbacks = namesOption(input, "fallbacks");
  const description = textOption(input, "description");
  return {
    ...(targets && { targets }),
    ...(fallbacks && { fallbacks }),
    ...(description !== undefined && { description }),
  };
}

function rowOf({ name, deployments, fallbacks, origin, description }: Model): string[] {
  return [
    name,
    deployments.map(({ provider, model }) => `${provider}/${model}`).join(" "),
    fallbacks.join(" "),
    printOrigin(origin),
    description,
  ];
}

/** Who owns something, in a word. */
export function printOrigin(origin: ObjectOrigin): string {
  if (origin === ObjectOrigin.UNSPECIFIED) return "";
  return origin === ObjectOrigin.FILE ? "config file" : "store";
}
