/** Judges of the document that are not ours. Each exception says why. */
import type { Generator } from './tools.ts';

export const JUDGES: readonly Generator[] = [
  {
    name: 'spectral',
    needs: ['npm'],
    steps: [
      // Roles of a bearer are allowed since OpenAPI 3.1 (Security Requirement Object); the rule is
      // that of 3.0.
      `echo '{"extends": ["spectral:oas"], "rules": {"oas3-operation-security-defined": "off"}}' >ruleset.json`,
      '$TOOLS/npm/node_modules/.bin/spectral lint -r ruleset.json --fail-severity=hint $DOCUMENT',
    ],
  },
  {
    name: 'redocly',
    needs: ['npm'],
    steps: [
      // Every refusal is the `default` answer, one type for all; `x-problems` has its statuses and
      // codes (docs/api.md). Its rule for examples closes every schema to fields that it does not
      // name itself, those of `if`, `then` and `else` too.
      `echo '{"extends": ["recommended"], "rules": {"operation-4xx-response": "off", "no-invalid-media-type-examples": {"severity": "error", "allowAdditionalProperties": true}}}' >redocly.yaml`,
      'cd . && $TOOLS/npm/node_modules/.bin/redocly lint --config redocly.yaml --max-problems 20 $DOCUMENT 2>&1 | tee lint.log; ! grep -q "You have .* warning" lint.log',
    ],
  },
];
