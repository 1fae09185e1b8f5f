/**
 * The receivers of docs/receivers/, each with what the machine must have, how it is made ready and
 * how it is run. Steps are lines of shell in a folder of its own; `$SOURCE` is docs/receivers.
 */
export type Actor = {
  name: string;
  /** Commands without which it is skipped. */
  needs: readonly string[];
  /** Downloads or compiles more than CI should wait for: run when named, and by `--all`. */
  isHeavy: boolean;
  setup: readonly string[];
  run: string;
  /**
   * Where it keeps its work: a file at `$DATABASE`, or behind a door that `on-workerd.ts` opens.
   */
  keeps: 'file' | 'd1';
};

const NEXT = '16.4.6';
const REACT = '19.3.1';
const STANDARDWEBHOOKS = '1.1.1';

const onNode = (name: string, file: string): Actor => ({
  name,
  needs: [],
  isHeavy: false,
  setup: [],
  run: `node $SOURCE/${file}`,
  keeps: 'file',
});

/** What it installs is shared: whoever comes second finds it there. */
const onPython = (name: string, file: string): Actor => ({
  name,
  needs: ['python3'],
  isHeavy: false,
  setup: [
    'python3 -m venv ../python && ../python/bin/pip install -q --disable-pip-version-check -r $SOURCE/python/requirements.txt',
  ],
  run: `../python/bin/python $SOURCE/python/${file}`,
  keeps: 'file',
});

export const CAST: readonly Actor[] = [
  onNode('node-http', 'node-http.mjs'),
  onNode('express', 'express.mjs'),
  onNode('hono', 'hono.mjs'),
  {
    name: 'worker',
    needs: [],
    isHeavy: false,
    setup: [],
    run: 'node $HERE/on-workerd.ts $SOURCE/worker',
    keeps: 'd1',
  },
  onPython('python', 'standard_library.py'),
  onPython('fastapi', 'fastapi_app.py'),
  {
    name: 'java',
    needs: ['java', 'mvn'],
    isHeavy: true,
    setup: ['mvn -q -B -f $SOURCE/java/pom.xml dependency:copy-dependencies -DoutputDirectory=$PWD/lib'],
    run: "java -cp 'lib/*' $SOURCE/java/Receiver.java",
    keeps: 'file',
  },
  {
    name: 'go',
    needs: ['go'],
    isHeavy: true,
    setup: ['go build -C $SOURCE/go -o $PWD/receiver .'],
    run: './receiver',
    keeps: 'file',
  },
  {
    name: 'next',
    needs: ['npm'],
    isHeavy: true,
    setup: [
      'echo \'{"private":true}\' >package.json',
      `npm install --no-audit --no-fund --save-exact next@${NEXT} react@${REACT} react-dom@${REACT} standardwebhooks@${STANDARDWEBHOOKS}`,
      'mkdir -p app/hook && cp $SOURCE/next/route.js app/hook/route.js',
      'env -u WEBHOOK_SECRET NEXT_TELEMETRY_DISABLED=1 node_modules/.bin/next build',
    ],
    run: 'node node_modules/next/dist/bin/next start -p $PORT',
    keeps: 'file',
  },
];
