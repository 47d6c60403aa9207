import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { WatchResponseSchema } from "../../../gen/parlance/admin/v1/config_service_pb.js";
import type { ConfigDirectory } from "../../edge/gateway-api.ts";
import { type ConfigHistory, createConfigDirectory } from "../directories/config-directory.ts";
import { createLogLevels } from "../directories/log-levels.ts";
import type { World } from "../world.ts";
import { type ConfigVersionsOptions, configVersions, versionInForce } from "./config-versions.ts";
import { createConfigNews } from "./watch-config.ts";

/** What the configuration of a gateway is shown and changed through. */
export interface ConfigsOptions
  extends ConfigVersionsOptions,
    Pick<World, "loadConfig" | "log" | "notice"> {
  readonly history: () => ConfigHistory;
}

/** The configuration for admins, and what tells them that it has changed. */
export interface Configs {
  readonly directory: ConfigDirectory;
  readonly changed: () => void;
}

/** Makes the configuration for admins. */
export function createConfigs(options: ConfigsOptions): Configs {
  const { settings, history, loadConfig } = options;
  const version = () => versionInForce(options);
  const news = createConfigNews(() =>
    create(WatchResponseSchema, {
      hash: settings().hash,
      loadedAt: timestampFromMs(history().loadedAtMs),
      version: version(),
      etag: String(version()),
    }),
  );
  return {
    changed: news.changed,
    directory: {
      ...createConfigDirectory({ settings, history, load: loadConfig, version }),
      versions: configVersions(options),
      logLevel: createLogLevels(options),
      watch: news.watch,
    },
  };
}
