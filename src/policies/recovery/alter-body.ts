import { create, equals } from "@bufbuild/protobuf";
import type { AlterCall, CallRequest } from "../../core/call.ts";
import type { RequestMessage } from "../../core/operation.ts";
import type { JsonEdits } from "../../json/edit.ts";

/** A request whose body can be edited. */
export type EditableRequest = CallRequest & {
  readonly edit: NonNullable<CallRequest["edit"]>;
};

/**
 * Makes the call that a fallback gets whose members differ. Where a stage has rewritten the request
 * in the meantime, the fields that the members stand for are put over those of the request as it is
 * then.
 */
export function alterBody(original: EditableRequest, edits: JsonEdits): AlterCall {
  return (call) => {
    const { request } = call;
    if (request.edit !== undefined) return { ...call, ...request.edit(edits) };
    const wanted = original.edit(edits).request;
    const message = changed(request, original.message(), wanted.message());
    return { ...call, request: { ...request, message: () => message } };
  };
}

/** The message of a request with the fields in which `wanted` differs from `original`. */
function changed(
  { operation, message }: CallRequest,
  original: RequestMessage,
  wanted: RequestMessage,
): RequestMessage {
  const { request: schema } = operation;
  const fields = schema.fields.map((field) => field.oneof?.localName ?? field.localName);
  const differing = fields.filter(
    (name) => !equals(schema, only(schema, original, name), only(schema, wanted, name)),
  );
  const picked = differing.map((name) => [name, Reflect.get(wanted, name)]);
  return { ...message(), ...Object.fromEntries(picked) };
}

function only(
  schema: CallRequest["operation"]["request"],
  message: RequestMessage,
  name: string,
): RequestMessage {
  const value: unknown = Reflect.get(message, name);
  const empty = create(schema);
  return Object.assign(empty, value === undefined ? {} : { [name]: value }, {
    model: "",
  }) as RequestMessage; // made by the schema of requests
}
