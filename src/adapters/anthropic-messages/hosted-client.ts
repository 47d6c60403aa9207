import type { UnknownMember } from "../../core/beside-request.ts";
import type { ClientCodecs, Facade, StreamEncoder } from "../../core/dialect.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { isPresent } from "../../json/members.ts";

/** The chats of clients, which are streamed too. */
export type HostedChat<S> = NonNullable<ClientCodecs<S>["chat"]> & {
  readonly stream: StreamEncoder<S>;
};

/**
 * The chats of a facade of the Messages API as clouds take them that serve Claude: the model stands
 * in the path, and the version of the API and betas in the body. Betas are for the vendor whose
 * words they are: of others they are reported. `version`: the one that the cloud speaks.
 */
export function hostedChat<S>({ name, codecs }: Facade<S>, version: string): HostedChat<S> {
  const { chat } = codecs;
  if (chat?.stream === undefined) throw new Error(`${name} has no streamed chats`);
  return {
    ...chat,
    stream: chat.stream,
    decodeRequest(body) {
      if (!("json" in body)) return chat.decodeRequest(body);
      const { anthropic_version: said, anthropic_beta: betas, ...json } = body.json;
      if (typeof said !== "string")
        return { ok: false, fault: invalidField("anthropic_version", `must be "${version}"`) };
      const decoded = chat.decodeRequest({ ...body, json });
      if (!decoded.ok || !isPresent(betas)) return decoded;
      const { dialect = "", members = [], demands = [] } = decoded.beside ?? {};
      return { ...decoded, beside: { dialect, members: [...members, BETAS], demands } };
    },
  };
}

const BETAS: UnknownMember = { path: "anthropic_beta", extras: undefined };
