import { createAnthropicRawClient } from "./anthropic-client.ts";
import { describeMatrix } from "./describe-matrix.ts";

describeMatrix("the anthropic SDK's raw events", createAnthropicRawClient);
