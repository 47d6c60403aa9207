// Checks files of objects of Kubernetes for what belongs together: node test/deploy/check-manifests.ts FILE...
import { readFileSync } from "node:fs";
import { manifestFaults, readManifests } from "./manifests.ts";

for (const file of process.argv.slice(2)) {
  const manifests = readManifests(readFileSync(file, "utf8"));
  const faults = manifestFaults(manifests);
  for (const fault of faults) console.error(`${file}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  console.log(`${file}: ${manifests.length} objects`);
}
