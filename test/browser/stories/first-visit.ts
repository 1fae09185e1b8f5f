/**
 * A newcomer's first minute: the root leads to the pages, and what the page says to paste fills it,
 * step by step.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Story } from '../stage.ts';

const bash = promisify(execFile);
const SEEN_MS = 30_000;

export const firstVisit: Story = {
  name: 'first-visit',
  async play(stage) {
    const program = await fetch(`${stage.origin}/`);
    const places: unknown = await program.json();
    stage.checks.check('a program at the root is told where things are', 1, [
      ...(JSON.stringify(places).includes('/openapi.json') ? [] : [JSON.stringify(places)]),
    ]);

    const reader = await stage.reader();
    await reader.goto('/');
    await reader.look('sign-in');
    await reader.page.getByLabel('Key').fill(stage.key);
    await reader.page.keyboard.press('Enter');
    await reader.page.getByRole('heading', { name: 'Send your first webhook' }).waitFor();
    await reader.look('first-visit');

    const shown = await reader.page.locator('.steps pre code').allTextContents();
    // The key that is shown is the published one, and this service has its own; its endpoint is the
    // story's receiver.
    const [where = '', account = '', endpoint = '', event = ''] = shown.map((text) =>
      text
        .replace('tubepost_local_admin_key', stage.key)
        .replace('http://127.0.0.1:9000/hook', `${stage.host}/well/first`)
        .replaceAll('curl', 'curl -sS --fail'),
    );
    const paste = (...commands: string[]) => bash('bash', ['-c', ['set -euo pipefail', where, ...commands].join('\n')]);
    const made = await paste(account, endpoint);
    stage.setSecret('/well/first', /"secret":"(whsec_[^"]+)"/.exec(made.stdout)?.[1] ?? '');
    const { stdout } = await paste(event);
    reader.check(
      'what is pasted works as it stands',
      stdout.includes('"deliveryCount":1') ? null : stdout.slice(0, 300),
    );
    // Nobody touches the page: it fills by itself.
    await reader.page.getByRole('heading', { name: 'The last hour' }).waitFor({ timeout: SEEN_MS });
    await reader.close();
  },
};
