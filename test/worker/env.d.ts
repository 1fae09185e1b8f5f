import type { D1Migration } from 'cloudflare:test';
import type { Bindings } from '../../src/env.ts';

declare global {
  namespace Cloudflare {
    /** What `env` of cloudflare:workers holds in tests (vitest.config.ts). */
    interface Env extends Bindings {
      TEST_MIGRATIONS: { config: D1Migration[]; log: D1Migration[] };
    }
    /** Gives `exports.default` of cloudflare:workers its type. */
    interface GlobalProps {
      mainModule: typeof import('../../src/index.ts');
    }
  }
}
