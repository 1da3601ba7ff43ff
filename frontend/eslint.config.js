import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.ts"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  reactHooks.configs.flat["recommended-latest"],
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
    },
  },
  {
    // Requests go through the typed doors of src/api.
    files: ["src/**"],
    ignores: ["src/api/**", "src/**/*.test.*"],
    rules: {
      "no-restricted-globals": ["error", { name: "fetch", message: "Ask by `api` of @/api/client, which knows the OpenAPI document." }],
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "@/api/schema", message: "Take types from @/api/contract." },
            { name: "@/api/sending", importNames: ["send"], message: "Ask by `api` of @/api/client, which knows the OpenAPI document." },
          ],
        },
      ],
    },
  },
);
