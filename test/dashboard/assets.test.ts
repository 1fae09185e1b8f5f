/**
 * The style and script that the Worker serves are those of `src/dashboard/style` and
 * `src/dashboard/browser`. `npm run dashboard:generate` writes them anew.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const dashboard = join(import.meta.dirname, '../../src/dashboard');

/** With what a page itself weighs, well below the 100 kB that a page may. */
const BYTES_MAX = 40_000;

it('is not older than its sources, and light', async () => {
  const style = await bundled('style/main.css');
  const script = await bundled('browser/main.ts');
  const icon = readFileSync(join(dashboard, 'style/icon.svg'), 'utf8').trim();
  expect(style.length + script.length).toBeLessThan(BYTES_MAX);
  const files = {
    STYLE: file('main', 'css', style),
    SCRIPT: file('main', 'js', script),
    ICON: file('icon', 'svg', icon),
  };
  const lines = Object.entries(files).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`);
  const text = `/** Made by \`npm run dashboard:generate\` from style/ and browser/: do not edit. */\n${lines.join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(join(dashboard, 'assets.generated.ts'));
});

function file(stem: string, extension: string, text: string) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { name: `${stem}-${hash}.${extension}`, text };
}

async function bundled(path: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: dashboard,
    entryPoints: [path],
    bundle: true,
    minify: true,
    write: false,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    format: 'iife',
    // One byte for each character, so that a length is a weight.
    charset: 'ascii',
  });
  return outputFiles[0]?.text.trim() ?? '';
}
