import type { Kind } from "./values.ts";

/** Keys of `--filter`, by the things that are filtered. */
const KEYS = {
  containers:
    "id= name= status= exited= label= ancestor= volume= network= before= since= until= health= pod= restart-policy=",
  images: "dangling= label= reference= id= digest= containers= before= since= until=",
  volumes: "name= label= opt= driver= scope= dangling= anonymous= since= until=",
  secrets: "name= id=",
  events: "container= event= image= label= type= volume=",
  searched: "stars= is-official is-automated",
} as const;

/** Values of keys that are words. */
const WORDS: Readonly<Record<string, string>> = {
  status: "created running paused exited stopped unknown initialized removing stopping",
  health: "healthy unhealthy starting none",
  "restart-policy": "always no on-failure unless-stopped",
  dangling: "true false",
  anonymous: "true false",
  "should-start-on-boot": "true false",
  type: "container image volume system secret",
  event:
    "attach commit create died exec exec_died export init kill pause prune pull push remove rename restart save start stop tag unpause untag update",
};

/** Values of keys that are names of what there is. */
const NAMED: Readonly<Record<string, Kind>> = {
  ancestor: "images",
  reference: "images",
  image: "images",
  container: "containers",
  volume: "volumes",
};

/** What may stand for the value of a filter, and what stands before it already: `status=`. */
export interface FilterValues {
  readonly values: readonly string[] | Kind;
  readonly lead: string;
}

/** What may stand for the value of `--filter`: keys, then the values of the one that is typed. */
export function filterValues(id: string, typed: string): FilterValues {
  const things = filtered(id);
  const [lead, key] = /^([\w-]+)=/.exec(typed) ?? [];
  if (lead === undefined || key === undefined) return { values: KEYS[things].split(" "), lead: "" };
  if (Object.hasOwn(WORDS, key)) return { values: (WORDS[key] ?? "").split(" "), lead };
  if (Object.hasOwn(NAMED, key)) return { values: NAMED[key] ?? "nothing", lead };
  const isName = key === "name" && things !== "events" && things !== "searched";
  return { values: isName ? things : "nothing", lead };
}

function filtered(id: string): keyof typeof KEYS {
  if (/events$/.test(id)) return "events";
  if (/search$/.test(id)) return "searched";
  if (/^volume /.test(id)) return "volumes";
  if (/^secret /.test(id)) return "secrets";
  return /image/.test(id) ? "images" : "containers";
}
