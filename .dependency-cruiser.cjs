/** The rows of core: a module imports only from rows below it, never sideways or up (docs/architecture.md). */
const ROWS = [
  ["oci", "error"],
  ["io", "process", "reference"],
  ["userns", "config", "signature"],
  ["layer", "registry", "policy", "spec", "network"],
  ["store", "runtime"],
  ["transport"],
  ["image", "container"],
  ["engine"],
  ["cli"],
];

const path = (modules) => `^packages/core/src/(${modules.join("|")})/`;

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    ...ROWS.flatMap((row, index) =>
      row.map((module) => ({
        name: `row-${index + 1}-${module}`,
        comment: "a module imports only from rows below it",
        severity: "error",
        from: { path: path([module]), pathNot: "\\.spec\\.ts$" },
        to: {
          path: path(
            ROWS.slice(index)
              .flat()
              .filter((other) => other !== module && !(module === "oci" && other === "error")),
          ),
        },
      })),
    ),
    {
      name: "no-orphan-production-test",
      severity: "error",
      from: { pathNot: "\\.spec\\.ts$|/testdata/|^test/" },
      to: { path: "\\.spec\\.ts$|^test/" },
    },
    {
      name: "core-knows-no-cli",
      severity: "error",
      from: { path: "^packages/core/" },
      to: { path: "^packages/(run|build|image)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["wherry-source", "import", "node", "default"],
      extensions: [".ts", ".js"],
    },
  },
};
