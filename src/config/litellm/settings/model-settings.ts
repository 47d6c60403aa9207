import { type Deployment, firstOf } from "../deployments/deployment.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Draft, type Fields, mapping, mappingOrNone, scalar } from "../tree/draft.ts";
import { itemsOf, membersOf, type Tree } from "../tree/tree.ts";
import type { Read } from "../tree/values.ts";
import { seconds } from "../tree/values.ts";
import { routerSetting, type Sections, SettingReader } from "./sections.ts";

/** LiteLLM tries again twice where nobody says another number. */
const defaultRetries = 2;

const strategies: Readonly<Record<string, string | undefined>> = {
  "simple-shuffle": undefined,
  "least-busy": "LEAST_BUSY",
  "usage-based-routing": "USAGE",
  "usage-based-routing-v2": "USAGE",
  "latency-based-routing": "LOWEST_LATENCY",
  "cost-based-routing": "LOWEST_COST",
};

/** What calls may stay at one target by, in LiteLLM's words. */
const affinities: Readonly<Record<string, string>> = {
  prompt_caching: "PREFIX",
  session_affinity: "SESSION",
  deployment_affinity: "KEY",
  responses_api_deployment_check: "SESSION",
  encrypted_content_affinity: "SESSION",
};

/** Writes what the settings of a file say of each model. */
export class ModelSettings {
  readonly #sections: Sections;
  readonly #surroundings: Surroundings;
  readonly #read: SettingReader;

  constructor(sections: Sections, surroundings: Surroundings) {
    this.#sections = sections;
    this.#surroundings = surroundings;
    this.#read = new SettingReader(surroundings);
  }

  /** The fields of a model that settings and its deployments decide, but for its fallbacks. */
  fieldsOf(name: string, deployments: readonly Deployment[]): Fields {
    return {
      ...this.#strategy(name),
      retry: this.#retry(name, deployments),
      breaker: this.#breaker(deployments),
      timeouts: this.#timeouts(),
      health_check: this.#healthCheck(deployments),
      strict: this.#strict(deployments),
      unknown_fields: this.#unknownFields(deployments),
      hidden: this.#hidden(name),
      description: this.#description(deployments),
      shadow: this.#shadow(deployments),
      prompt_cache: this.#promptCache(deployments),
    };
  }

  #setting(key: string): Tree | undefined {
    return routerSetting(this.#sections, key);
  }

  #largest(deployments: readonly Deployment[], key: string): Read<number> | undefined {
    let largest: Read<number> | undefined;
    for (const { params, info } of deployments) {
      const read = this.#read.number(firstOf(params, key) ?? firstOf(info, key));
      if (read !== undefined && read.value >= (largest?.value ?? 0)) largest = read;
    }
    return largest;
  }

  #retry(name: string, deployments: readonly Deployment[]): Draft | undefined {
    const policy = membersOf(membersOf(this.#setting("model_group_retry_policy")).get(name)?.value);
    const ofPolicy = [...policy.values()]
      .flatMap(({ value }) => this.#read.number(value) ?? [])
      .sort((left, right) => right.value - left.value)[0];
    const read =
      this.#largest(deployments, "num_retries") ??
      ofPolicy ??
      this.#read.number(this.#setting("num_retries"));
    const at = read?.at ?? deployments[0]?.at;
    if (at === undefined) return undefined;
    const attempts = Math.min(20, Math.max(1, Math.trunc(read?.value ?? defaultRetries) + 1));
    return mapping({ attempts: scalar(attempts, at), max_delay: scalar("8s", at) }, at);
  }

  #breaker(deployments: readonly Deployment[]): Draft | undefined {
    const fails =
      this.#largest(deployments, "allowed_fails") ??
      this.#read.number(this.#setting("allowed_fails"));
    const cooldown =
      this.#largest(deployments, "cooldown_time") ??
      this.#read.number(this.#setting("cooldown_time"));
    const off = this.#read.flag(this.#setting("disable_cooldowns"));
    const at = fails?.at ?? cooldown?.at ?? off?.at;
    if (at === undefined) return undefined;
    return mappingOrNone(
      {
        consecutive_failures:
          fails === undefined
            ? undefined
            : scalar(Math.max(1, Math.trunc(fails.value) + 1), fails.at),
        open_for:
          cooldown === undefined || cooldown.value <= 0
            ? undefined
            : scalar(seconds(Math.min(3600, cooldown.value)), cooldown.at),
        disabled: off?.value === true ? scalar(true, off.at) : undefined,
      },
      at,
    );
  }

  #timeouts(): Draft | undefined {
    const total = this.#read.number(this.#setting("timeout") ?? this.#setting("request_timeout"));
    const first = this.#read.number(this.#setting("stream_timeout"));
    const at = total?.at ?? first?.at;
    if (at === undefined) return undefined;
    return mapping(
      {
        total: total === undefined ? undefined : scalar(seconds(total.value), total.at),
        first_token: first === undefined ? undefined : scalar(seconds(first.value), first.at),
      },
      at,
    );
  }

  #strategy(name: string): Fields {
    const group = itemsOf(this.#sections.router.get("routing_groups")?.value).find((one) =>
      itemsOf(membersOf(one).get("models")?.value).some(
        (model) => this.#read.text(model)?.value === name,
      ),
    );
    const said = this.#read.text(
      membersOf(group).get("routing_strategy")?.value ?? this.#setting("routing_strategy"),
    );
    if (said !== undefined && !Object.hasOwn(strategies, said.value))
      this.#surroundings.note({
        kind: "none",
        at: said.at,
        message: "has no counterpart: targets are drawn by weight",
        hint: `known: ${Object.keys(strategies).join(", ")}`,
      });
    const strategy = said === undefined ? undefined : strategies[said.value];
    if (said !== undefined && strategy !== undefined)
      return { strategy: scalar(strategy, said.at) };
    return this.#sticky(name);
  }

  #sticky(name: string): Fields {
    const own = membersOf(this.#setting("model_group_affinity_config")).get(name)?.value;
    for (const check of itemsOf(own ?? this.#setting("optional_pre_call_checks"))) {
      const read = this.#read.text(check);
      const on = Object.hasOwn(affinities, read?.value ?? "")
        ? affinities[read?.value ?? ""]
        : undefined;
      if (read === undefined || on === undefined) continue;
      const ttl = this.#read.number(this.#setting("deployment_affinity_ttl_seconds"));
      return {
        strategy: scalar("STICKY", read.at),
        sticky: mapping(
          {
            on: scalar(on, read.at),
            ttl: ttl === undefined ? undefined : scalar(seconds(ttl.value), ttl.at),
          },
          read.at,
        ),
      };
    }
    return {};
  }

  #healthCheck(deployments: readonly Deployment[]): Draft | undefined {
    const { general, router } = this.#sections;
    const on =
      this.#read.flag(general.get("background_health_checks")?.value) ??
      this.#read.flag(
        (general.get("enable_health_check_routing") ?? router.get("enable_health_check_routing"))
          ?.value,
      );
    const never = deployments.some(
      ({ info }) =>
        this.#read.flag(firstOf(info, "disable_background_health_check"))?.value === true,
    );
    if (on?.value !== true || never) return undefined;
    const every = this.#read.number(general.get("health_check_interval")?.value);
    const timeout = this.#largest(deployments, "health_check_timeout");
    return mapping(
      {
        every: scalar(seconds(every?.value ?? 300), every?.at ?? on.at),
        timeout:
          timeout === undefined
            ? undefined
            : scalar(seconds(Math.min(300, timeout.value)), timeout.at),
      },
      on.at,
    );
  }

  /** Only what is said counts: LiteLLM's own default refuses less than `strict` would. */
  #strict(deployments: readonly Deployment[]): Draft | undefined {
    const general = this.#sections.litellm.get("drop_params")?.value;
    const said = deployments.map(({ params }) =>
      this.#read.flag(firstOf(params, "drop_params") ?? general),
    );
    const [first] = said;
    return first !== undefined && said.every((one) => one?.value === false)
      ? scalar(true, first.at)
      : undefined;
  }

  #unknownFields(deployments: readonly Deployment[]): Draft | undefined {
    const [first] = deployments.flatMap(
      ({ params }) => firstOf(params, "allowed_openai_params") ?? [],
    );
    return first === undefined ? undefined : scalar("FORWARD", first.at);
  }

  #hidden(name: string): Draft | undefined {
    const listed = this.#sections.litellm.get("public_model_groups");
    if (listed === undefined) return undefined;
    const names = itemsOf(listed.value).map((tree) => this.#read.text(tree)?.value);
    return names.length === 0 || names.includes(name) ? undefined : scalar(true, listed.at);
  }

  #description(deployments: readonly Deployment[]): Draft | undefined {
    for (const { info } of deployments) {
      const read = this.#read.text(firstOf(info, "description"));
      if (read !== undefined) return scalar(read.value, read.at);
    }
    return undefined;
  }

  #shadow(deployments: readonly Deployment[]): Draft | undefined {
    for (const { params } of deployments) {
      const model = this.#read.text(firstOf(params, "silent_model"));
      if (model === undefined) continue;
      return mapping(
        { model: scalar(model.value, model.at), percent: scalar(100, model.at) },
        model.at,
      );
    }
    return undefined;
  }

  #promptCache(deployments: readonly Deployment[]): Draft | undefined {
    const [first] = deployments.flatMap(
      ({ params }) => firstOf(params, "cache_control_injection_points") ?? [],
    );
    return first === undefined ? undefined : mapping({}, first.at);
  }
}
