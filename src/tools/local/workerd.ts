/**
 * workerd that ends with its starter, also where `kill -9` lets that end nothing itself. Miniflare
 * is given a shell script for its binary: it leaves a watcher behind, which looks once a second
 * whether the starter is there, and becomes workerd.
 */
import { createRequire } from 'node:module';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKERD_PID } from './lock.ts';

/** The watcher holds none of workerd's pipes, or Miniflare would wait for them. */
const SCRIPT = `#!/bin/sh
# Made by npm start. Ends workerd once its starter is gone.
echo $$ > "$TUBEPOST_WORKERD_PID"
( while kill -0 "$TUBEPOST_STARTER" 2>/dev/null && kill -0 $$ 2>/dev/null; do sleep 1; done
  kill -9 $$ ) </dev/null >/dev/null 2>&1 3>&- 4>&- &
exec "$TUBEPOST_WORKERD" "$@"
`;

/** Call it before Miniflare starts. Windows has no such shell: there nothing is changed. */
export function tieWorkerd(stateDir: string, environment: NodeJS.ProcessEnv): void {
  if (process.platform === 'win32') return;
  const path = join(stateDir, 'workerd.sh');
  writeFileSync(path, SCRIPT);
  chmodSync(path, 0o755);
  environment['TUBEPOST_WORKERD'] = environment['MINIFLARE_WORKERD_PATH'] ?? workerdPath();
  environment['TUBEPOST_STARTER'] = String(process.pid);
  environment['TUBEPOST_WORKERD_PID'] = join(stateDir, WORKERD_PID);
  environment['MINIFLARE_WORKERD_PATH'] = path;
}

/** As Miniflare finds it: from its own place. */
function workerdPath(): string {
  const ofMiniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  const { default: path }: { default: string } = ofMiniflare('workerd');
  return path;
}
