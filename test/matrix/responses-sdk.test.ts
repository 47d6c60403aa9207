import { describeMatrix } from "./describe-matrix.ts";
import { createResponsesClient } from "./responses-client.ts";

describeMatrix("the openai SDK's responses", createResponsesClient);
