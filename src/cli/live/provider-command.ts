import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { type Provider, ProviderSchema } from "../../../gen/parlance/admin/v1/provider_pb.js";
import { ProviderService } from "../../../gen/parlance/admin/v1/provider_service_pb.js";
import type { ProviderSchema as SettingsSchema } from "../../../gen/parlance/config/v1/provider_pb.js";
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
import { OptionMistake } from "../tenants/tenant-options.ts";
import { printOrigin } from "./model-command.ts";

const settable = ["kind", "base-url", "api-key", "api-key-env"];

/** `parlance provider ACTION [PROVIDER]`. */
export function runProvider(shell: Shell, input: CommandInput): Promise<number> {
  const command: TenantCommand = {
    name: "provider",
    placeholder: "PROVIDER",
    actions: {
      create: { named: "needed", options: settable, run: (action) => create(action, shell) },
      list: { named: "none", options: [], run: list },
      show: { named: "needed", options: [], run: show },
      update: { named: "needed", options: settable, run: (action) => update(action, shell) },
      delete: { named: "needed", options: [], run: remove },
    },
  };
  return runTenantCommand(command, shell, input);
}

async function create({ transport, name, input, json }: ActionInput, shell: Shell) {
  const settings = await settingsOf(input, shell);
  if (settings.kind === undefined) throw new OptionMistake("create needs --kind, such as sim");
  const client = createClient(ProviderService, transport);
  const { provider } = await client.createProvider({ name, settings });
  return json ? printOne(provider) : `models can be called as ${name}/MODEL\n`;
}

async function list({ transport, json }: ActionInput): Promise<string> {
  const client = createClient(ProviderService, transport);
  const providers = await readAll(client.listProviders, "providers", {});
  if (json) return printJson(providers.map((one) => toJson(ProviderSchema, one)));
  return printTable(
    ["NAME", "KIND", "BASE URL", "IN", "PROBLEM"],
    providers.map(({ name, settings, origin, problem }) => [
      name,
      settings?.kind ?? "",
      settings?.baseUrl ?? "",
      printOrigin(origin),
      problem,
    ]),
  );
}

async function show({ transport, name }: ActionInput): Promise<string> {
  return printOne((await createClient(ProviderService, transport).getProvider({ name })).provider);
}

async function update({ transport, name, input, json }: ActionInput, shell: Shell) {
  const settings = await settingsOf(input, shell);
  if (Object.keys(settings).length === 0)
    throw new OptionMistake("update needs what is to change, such as --api-key");
  const client = createClient(ProviderService, transport);
  const { provider } = await client.updateProvider({ name, settings });
  return json ? printOne(provider) : `${name} is changed\n`;
}

async function remove({ transport, name, json }: ActionInput): Promise<string> {
  await createClient(ProviderService, transport).deleteProvider({ name });
  return json ? printJson({}) : `${name} is deleted\n`;
}

function printOne(provider: Provider | undefined): string {
  return provider === undefined ? "" : printJson(toJson(ProviderSchema, provider));
}

async function settingsOf(
  input: CommandInput,
  shell: Shell,
): Promise<MessageInitShape<typeof SettingsSchema>> {
  const [kind, baseUrl] = [textOption(input, "kind"), textOption(input, "base-url")];
  const [key, env] = [textOption(input, "api-key"), textOption(input, "api-key-env")];
  if (key !== undefined && env !== undefined)
    throw new OptionMistake("--api-key and --api-key-env exclude each other");
  const value = key === "-" ? (await shell.readStdin()).trim() : key;
  return {
    ...(kind !== undefined && { kind }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(value !== undefined && { apiKey: { source: { case: "value", value } } }),
    ...(env !== undefined && { apiKey: { source: { case: "env", value: env } } }),
  };
}
