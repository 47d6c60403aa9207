import { toJsonString } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { ContentSchema } from "../../../gen/parlance/admin/v1/content_pb.js";
import { ContentService } from "../../../gen/parlance/admin/v1/content_service_pb.js";
import { describeFailure } from "../chat-client.ts";
import type { CommandInput } from "../command.ts";
import { reachGateway } from "../running/running-gateway.ts";
import type { Shell } from "../shell.ts";

/** `parlance content CALL`. */
export async function runContent(shell: Shell, input: CommandInput): Promise<number> {
  const [callId = ""] = input.positionals;
  try {
    const transport = await reachGateway(shell, input);
    const { content } = await createClient(ContentService, transport).getContent({ callId });
    if (content === undefined) return 1;
    if (input.values.json === true) {
      shell.stdout.write(`${toJsonString(ContentSchema, content, { prettySpaces: 2 })}\n`);
      return 0;
    }
    for (const { role, text } of content.messages) shell.stdout.write(`${role}: ${text}\n`);
    shell.stdout.write(`assistant: ${content.answer}\n`);
    if (content.cut) shell.stdout.write("(cut)\n");
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance content: ${describeFailure(error)}\n`);
    return 1;
  }
}
