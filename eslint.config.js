import tseslint from "typescript-eslint";

const ICU = "costs up to 20 ms at first use; compare with <, format by hand (docs/architecture.md, start-up)";

export default tseslint.config(
  { ignores: ["**/dist/**", "**/bundle/**", "**/bundle.*/**", "**/node_modules/**", "docs/**"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/triple-slash-reference": ["error", { path: "always" }],
      "no-restricted-globals": [
        "error",
        { name: "fetch", message: "use registry's client" },
        { name: "performance", message: "loads a module of 4 ms; use monotonicMs" },
      ],
      "no-restricted-properties": [
        "error",
        { property: "localeCompare", message: ICU },
        { property: "toLocaleString", message: ICU },
        { object: "Intl", property: "NumberFormat", message: ICU },
      ],
      "no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "node:child_process", message: "core/process is the only door to child processes" },
          ],
        },
      ],
    },
  },
  {
    files: ["packages/core/src/process/**/*.ts", "test/**/*.ts", "bench/**/*.ts", "scripts/**/*.ts"],
    rules: { "no-restricted-imports": "off" },
  },
  {
    files: ["**/*.spec.ts"],
    rules: { "@typescript-eslint/no-floating-promises": "off" },
  },
  {
    // what only programs that start must not load
    files: ["**/*.spec.ts", "test/**/*.ts", "bench/**/*.ts"],
    rules: { "no-restricted-globals": ["error", { name: "fetch", message: "use registry's client" }] },
  },
);
