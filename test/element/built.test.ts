/**
 * The script that the Worker serves is that of `src/element`, and light. `npm run element:generate`
 * writes it anew.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '../../src');
const GZIP_BYTES_MAX = 6_000;

it('is not older than its sources, and under 6 kB', async () => {
  const { outputFiles } = await build({
    absWorkingDir: src,
    entryPoints: ['element/status.ts'],
    bundle: true,
    minify: true,
    write: false,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    format: 'iife',
    charset: 'ascii',
  });
  const text = outputFiles[0]?.text.trim() ?? '';
  expect(gzipSync(text).byteLength).toBeLessThan(GZIP_BYTES_MAX);
  expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org)|eval\(|innerHTML/);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const file = JSON.stringify({ name: `status-${hash}.js`, text });
  const module = `/** Made by \`npm run element:generate\` from src/element: do not edit. */\nexport const STATUS_ELEMENT = ${file};\n`;
  await expect(module).toMatchFileSnapshot(join(src, 'http/elements.generated.ts'));
});
