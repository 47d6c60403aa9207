import { toJsonString } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { ReceiptSchema } from "../../../gen/parlance/admin/v1/privacy_pb.js";
import {
  ExportPersonResponseSchema,
  PrivacyService,
} from "../../../gen/parlance/admin/v1/privacy_service_pb.js";
import { describeFailure } from "../chat-client.ts";
import { type CommandInput, textOption } from "../command.ts";
import { suggestion } from "../parse-input.ts";
import { reachGateway } from "../running/running-gateway.ts";
import type { Shell } from "../shell.ts";
import { reapplyReceipts } from "./reapply-receipts.ts";
import { runRotate } from "./rotate-command.ts";

/** The exit codes for a command line that cannot be understood, and for what is under way. */
const usageExitCode = 2;
const underWayExitCode = 3;

/** Gives the exit code. */
type Action = (shell: Shell, input: CommandInput) => Promise<number>;

const actions: ReadonlyMap<string, Action> = new Map([
  ["erase", erase],
  ["export", exportPerson],
  ["receipts", listReceipts],
  ["reapply", reapplyReceipts],
  ["rotate", runRotate],
]);

/** `parlance privacy erase | export | receipts | reapply FILE | rotate`. */
export async function runPrivacy(shell: Shell, input: CommandInput): Promise<number> {
  const mistake = mistakeIn(input);
  if (mistake !== undefined) {
    shell.stderr.write(`parlance privacy: ${mistake}\nRun: parlance privacy --help\n`);
    return usageExitCode;
  }
  try {
    return (await actions.get(input.positionals[0] ?? "")?.(shell, input)) ?? 1;
  } catch (error) {
    shell.stderr.write(`parlance privacy: ${describeFailure(error)}\n`);
    return 1;
  }
}

function mistakeIn({ positionals: [name = "", file], values }: CommandInput): string | undefined {
  const names = [...actions.keys()];
  if (!actions.has(name))
    return `unknown action ${name}${suggestion(name, names, "")}: use ${names.join(", ")}`;
  if ((name === "reapply") !== (file !== undefined))
    return name === "reapply" ? "reapply takes a FILE of receipts" : `${name} takes no FILE`;
  const isAbout = name === "erase" || name === "export";
  const named = (values.user === undefined ? 0 : 1) + (values["end-user"] === undefined ? 0 : 1);
  return isAbout && named !== 1 ? `${name} takes --user ID or --end-user NAME` : undefined;
}

async function erase(shell: Shell, input: CommandInput): Promise<number> {
  const client = await privacyClient(shell, input);
  const { id, receipt } = await client.erase({
    person: personOf(input),
    dryRun: input.values["dry-run"] === true,
    idempotencyKey: textOption(input, "idempotency-key") ?? "",
  });
  if (receipt !== undefined) {
    shell.stdout.write(`${toJsonString(ReceiptSchema, receipt, { prettySpaces: 2 })}\n`);
    return 0;
  }
  shell.stderr.write(`parlance privacy: the erasure ${id} is under way: see receipts later\n`);
  return underWayExitCode;
}

async function exportPerson(shell: Shell, input: CommandInput): Promise<number> {
  const client = await privacyClient(shell, input);
  for await (const record of client.exportPerson({ person: personOf(input) }))
    shell.stdout.write(`${toJsonString(ExportPersonResponseSchema, record)}\n`);
  return 0;
}

async function listReceipts(shell: Shell, input: CommandInput): Promise<number> {
  const client = await privacyClient(shell, input);
  let pageToken = "";
  do {
    const { receipts, nextPageToken } = await client.listReceipts({ pageSize: 1_000, pageToken });
    for (const receipt of receipts) shell.stdout.write(`${toJsonString(ReceiptSchema, receipt)}\n`);
    pageToken = nextPageToken;
  } while (pageToken !== "");
  return 0;
}

function personOf(input: CommandInput) {
  const user = textOption(input, "user");
  return {
    who:
      user === undefined
        ? { case: "endUser" as const, value: textOption(input, "end-user") ?? "" }
        : { case: "user" as const, value: user },
    organization: textOption(input, "organization") ?? "",
    team: textOption(input, "team") ?? "",
  };
}

async function privacyClient(
  shell: Shell,
  input: CommandInput,
): Promise<Client<typeof PrivacyService>> {
  return createClient(PrivacyService, await reachGateway(shell, input));
}
