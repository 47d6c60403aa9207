import { describeMatrix } from "./describe-matrix.ts";
import { createOpenAiClient } from "./openai-client.ts";

describeMatrix("the openai SDK", createOpenAiClient);
