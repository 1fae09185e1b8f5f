/** The code blocks of the papers that a reader may run, and who runs them here. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Others (json, text, none) show what is answered. */
const LANGUAGES = ['sh', 'js', 'jsx', 'ts', 'html', 'python', 'go'];
const BLOCK = /^( *)```(\w+)(?: ([^\n]+))?\n([\s\S]*?)^ *```$/gm;

/** `marks`: the words after its language, for the one who runs it. */
export type Block = { paper: string; language: string; marks: string[]; code: string };

export function papers(): string[] {
  const top = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'];
  return [
    ...top,
    ...readdirSync(join(ROOT, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
}

export function read(paper: string): string {
  return readFileSync(join(ROOT, paper), 'utf8');
}

export function blocksOf(paper: string): Block[] {
  return [...read(paper).matchAll(BLOCK)]
    .map(([, indent = '', language = '', marks = '', code = '']) => ({
      paper,
      language,
      marks: marks === '' ? [] : marks.split(' '),
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }))
    .filter(({ language }) => LANGUAGES.includes(language));
}

/** The file that runs a paper's marked blocks, and the marks that it knows. */
type Runner = { file: string; marks: RegExp };

const PROGRAMS: Runner = { file: 'test/papers/run.ts', marks: /^(sh|js|python|go) run\b/ };
const PAGES: Runner = { file: 'test/papers/pages.ts', marks: /^(sh|js) (run|shows \S+)$/ };
const ELEMENT: Runner = { file: 'test/live/page.ts', marks: /^(html|js) element$/ };
const INSTALLED: Runner = { file: 'test/papers/pages.ts', marks: /^sh install$/ };

export const RUNNERS: Readonly<Record<string, readonly Runner[]>> = {
  'README.md': [{ file: 'test/receivers/readme.ts', marks: /^(sh run|sh receiver|js receiver)$/ }],
  'docs/api.md': [{ file: 'test/docs/api.test.ts', marks: /^ts run$/ }],
  'docs/binding.md': [{ file: 'test/binding/run.ts', marks: /^ts worker$/ }],
  'docs/cli.md': [{ file: 'test/cli/document.ts', marks: /^sh (run|background|receiver|svix)\b/ }, INSTALLED],
  'docs/deploy.md': [PAGES],
  'docs/event-types.md': [PAGES],
  'docs/jobs.md': [PAGES],
  'docs/live.md': [PAGES, ELEMENT],
  'docs/operate.md': [PAGES],
  'docs/quickstart.md': [PROGRAMS],
  'docs/receivers.md': [{ file: 'test/packages/packages.test.ts', marks: /^ts (node|workers)$/ }],
  'docs/retention.md': [PAGES],
};

export function runnerOf({ paper, language, marks }: Block): Runner | undefined {
  return RUNNERS[paper]?.find((runner) => runner.marks.test([language, ...marks].join(' ')));
}

/** Blocks that no runner takes: how each begins, and why. */
export const NOT_RUN: readonly { paper: string; begins: string; why: string }[] = [
  {
    paper: 'README.md',
    begins: 'npm ci && npm start',
    why: 'serves until Ctrl+C; .ci/run installs so, and every proof starts it',
  },
  { paper: 'README.md', begins: 'npm run demo', why: 'a step of .ci/run' },
  {
    paper: 'CONTRIBUTING.md',
    begins: 'npm ci\nnpm run check',
    why: 'steps of .ci/run; the last two name a file to fill in',
  },
  { paper: 'docs/quickstart.md', begins: 'export TUBEPOST_URL', why: 'settings: the runner of the page has others' },
  { paper: 'docs/operate.md', begins: 'export TUBEPOST_URL', why: 'settings of a deployment that is not there' },
  {
    paper: 'docs/operate.md',
    begins: 'npx wrangler d1 time-travel',
    why: 'needs Cloudflare; a test holds the commands to what wrangler has',
  },
  {
    paper: 'docs/deploy.md',
    begins: 'npm run deploy\n',
    why: 'needs Cloudflare; test/tools/deploy runs it on an account in memory',
  },
  { paper: 'docs/deploy.md', begins: 'ADMIN_KEY=$(openssl', why: 'needs a Docker daemon, which no machine here has' },
  { paper: 'docs/live.md', begins: 'function useRecord', why: 'needs React, which nothing else here does' },
];
