import { parentPort, workerData } from "node:worker_threads";
import { toBinary } from "@bufbuild/protobuf";
import { ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import { createLazyValidator } from "../../validation/validator.ts";
import { splitConfig } from "./config-parts.ts";
import { examineText } from "./examine.ts";
import type { ExaminedParts, ExamineRequest, PlainFindings } from "./examine-thread.ts";
import { locateViolations } from "./locate-violations.ts";

// The program of a thread that examines one config; see examine-thread.ts, which starts and ends
// it.
const { text, overrides }: ExamineRequest = workerData;
const examined = examineText(text, overrides, createLazyValidator());
const { config, empty, shape, broken, warnings } = examined;
const parts =
  config === undefined
    ? undefined
    : Array.from(splitConfig(config), (part) => toBinary(ConfigSchema, part));
const answer: ExaminedParts = {
  parts,
  empty,
  clean: shape.length + broken.length + warnings.length === 0,
  wrong: shape.length + broken.length > 0,
};
parentPort?.postMessage(answer);
parentPort?.once("message", (found: PlainFindings) => {
  parentPort?.postMessage(locateViolations(text, examined, found));
  parentPort?.close();
});
