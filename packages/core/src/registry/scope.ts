/** What may be done to a repository, in the words of token scopes. */
export type Action = "pull" | "push" | "delete";

/** The scope of a token for some actions on a repository. */
export function repositoryScope(repository: string, actions: readonly Action[]): string {
  return `repository:${repository}:${actions.join(",")}`;
}

/** The scope of a token to list repositories. */
export const CATALOG_SCOPE = "registry:catalog:*";

/** Scopes with the actions of each resource joined: `r:pull` and `r:push` become `r:pull,push`. Order is kept. */
export function mergeScopes(scopes: Iterable<string>): string[] {
  const resources = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const { resource, actions } = splitScope(scope);
    const known = resources.get(resource) ?? new Set();
    for (const action of actions) known.add(action);
    resources.set(resource, known);
  }
  return [...resources].map(([resource, actions]) =>
    actions.size === 0 ? resource : `${resource}:${[...actions].join(",")}`,
  );
}

/** Whether a token for `granted` can do all that `wanted` asks. */
export function covers(granted: Iterable<string>, wanted: Iterable<string>): boolean {
  const resources = new Map<string, ReadonlySet<string>>();
  for (const scope of mergeScopes(granted)) {
    const { resource, actions } = splitScope(scope);
    resources.set(resource, new Set(actions));
  }
  for (const scope of wanted) {
    const { resource, actions } = splitScope(scope);
    const known = resources.get(resource);
    if (known === undefined || !actions.every((action) => known.has(action) || known.has("*"))) return false;
  }
  return true;
}

/** `repository:NAME:ACTIONS`; the name may hold a colon (`host:port/name`), a scope of another kind has no actions. */
function splitScope(scope: string): { resource: string; actions: string[] } {
  const first = scope.indexOf(":");
  const last = scope.lastIndexOf(":");
  if (first === last) return { resource: scope, actions: [] };
  return {
    resource: scope.slice(0, last),
    actions: scope
      .slice(last + 1)
      .split(",")
      .filter((action) => action !== ""),
  };
}
