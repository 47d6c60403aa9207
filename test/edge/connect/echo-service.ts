import type { Message } from "@bufbuild/protobuf";
import type { GenFile, GenMessage, GenService } from "@bufbuild/protobuf/codegenv2";
import { fileDesc, messageDesc, serviceDesc } from "@bufbuild/protobuf/codegenv2";

// What protoc-gen-es makes of this file, with one method of each kind:
//
//   syntax = "proto3";
//   package echo.v1;
//   message Note { string text = 1; int32 number = 2; }
//   service EchoService {
//     rpc Echo(Note) returns (Note) { option idempotency_level = NO_SIDE_EFFECTS; }
//     rpc Count(Note) returns (stream Note);
//     rpc Sum(stream Note) returns (Note);
//     rpc Chat(stream Note) returns (stream Note);
//   }

/** The file echo/v1/echo.proto. */
export const echoFile: GenFile = fileDesc(
  "ChJlY2hvL3YxL2VjaG8ucHJvdG8SB2VjaG8udjEiJAoETm90ZRIMCgR0ZXh0GAEgASgJEg4KBm51bWJlchgCIAEoBTKyAQoLRWNob1NlcnZpY2USKQoERWNobxINLmVjaG8udjEuTm90ZRoNLmVjaG8udjEuTm90ZSIDkAIBEicKBUNvdW50Eg0uZWNoby52MS5Ob3RlGg0uZWNoby52MS5Ob3RlMAESJQoDU3VtEg0uZWNoby52MS5Ob3RlGg0uZWNoby52MS5Ob3RlKAESKAoEQ2hhdBINLmVjaG8udjEuTm90ZRoNLmVjaG8udjEuTm90ZSgBMAFiBnByb3RvMw",
);

/** The message echo.v1.Note. */
export type Note = Message<"echo.v1.Note"> & { text: string; number: number };

/** Describes the message echo.v1.Note. */
export const NoteSchema: GenMessage<Note> = messageDesc(echoFile, 0);

/** The service echo.v1.EchoService. */
export const EchoService: GenService<{
  echo: { methodKind: "unary"; input: typeof NoteSchema; output: typeof NoteSchema };
  count: { methodKind: "server_streaming"; input: typeof NoteSchema; output: typeof NoteSchema };
  sum: { methodKind: "client_streaming"; input: typeof NoteSchema; output: typeof NoteSchema };
  chat: { methodKind: "bidi_streaming"; input: typeof NoteSchema; output: typeof NoteSchema };
}> = serviceDesc(echoFile, 0);
