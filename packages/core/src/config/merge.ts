import type { Table, TomlFile } from "./toml-file.ts";

/**
 * One table out of several files, later ones over earlier ones: tables field by field, values whole. A list with
 * `{append=true}` adds to what was there, and so do later files' lists until one says `{append=false}`
 * (containers.conf(5) "APPENDING TO STRING ARRAYS").
 */
export function mergeTables(files: readonly TomlFile[]): Table {
  const appending = new Set<string>();
  let merged: Table = {};
  for (const { table } of files) merged = merge(merged, table, "", appending);
  return merged;
}

function merge(base: Table, over: Table, path: string, appending: Set<string>): Table {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const key = `${path}${name}.`;
    const known = Object.hasOwn(base, name) ? base[name] : undefined;
    if (isTable(value)) result[name] = merge(isTable(known) ? known : {}, value, key, appending);
    else if (Array.isArray(value)) result[name] = mergeList(known, value, key, appending);
    else result[name] = value;
  }
  return result;
}

function mergeList(known: unknown, list: readonly unknown[], key: string, appending: Set<string>): unknown[] {
  for (const item of list) {
    if (!isAttribute(item)) continue;
    if (item.append) appending.add(key);
    else appending.delete(key);
  }
  const values = list.filter((item) => !isAttribute(item));
  return appending.has(key) && Array.isArray(known) ? [...(known as unknown[]), ...values] : values;
}

function isAttribute(item: unknown): item is { append: boolean } {
  return isTable(item) && typeof item["append"] === "boolean" && Object.keys(item).length === 1;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
