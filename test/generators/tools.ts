/**
 * The generators, each with what it needs, how it makes a client, how that is compiled, and how its
 * program is run. A step is a line of shell in a folder of its own; `$PROGRAMS` is where the
 * programs are, `$DOCUMENT` the OpenAPI document, `$TOOLS` what is shared.
 */
export const VERSIONS = {
  'openapi-generator': '7.25.0',
  'oapi-codegen': '2.8.2',
  ogen: '1.25.0',
  'openapi-python-client': '0.29.1',
  'openapi-typescript': '7.13.0',
  'openapi-fetch': '0.17.0',
  'hey-api': '0.99.0',
  orval: '8.38.0',
  typescript: '5.9.3',
  spectral: '6.16.3',
  redocly: '2.77.0',
} as const;

export type Generator = {
  name: string;
  /** Commands without which it is skipped. */
  needs: readonly string[];
  steps: readonly string[];
};

/** What several of them run: once, in the folder of tools. */
export const SHARED: readonly Generator[] = [
  {
    name: 'openapi-generator',
    needs: ['java', 'mvn'],
    steps: [
      `mvn -q -B dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:${VERSIONS['openapi-generator']} -DoutputDirectory=. -Dmdep.stripVersion=true`,
    ],
  },
  {
    name: 'npm',
    needs: ['npm'],
    steps: [
      'npm init -y >/dev/null',
      `npm install --no-audit --no-fund --save-exact typescript@${VERSIONS.typescript} @types/node@24 openapi-typescript@${VERSIONS['openapi-typescript']} openapi-fetch@${VERSIONS['openapi-fetch']} @hey-api/openapi-ts@${VERSIONS['hey-api']} orval@${VERSIONS.orval} @stoplight/spectral-cli@${VERSIONS.spectral} @redocly/cli@${VERSIONS.redocly} esbuild@0.28.2`,
    ],
  },
];

/**
 * Makers of openapi-generator say nothing unless something is wrong. Fields that a later release
 * adds must not break a client.
 */
function openApiGenerator(language: string, more = ''): string {
  const settings = `disallowAdditionalPropertiesIfNotPresent=false${more}`;
  return `java -jar $TOOLS/openapi-generator/openapi-generator-cli.jar generate -i $DOCUMENT -g ${language} -o generated --additional-properties ${settings} >generate.log 2>&1 || { tail -5 generate.log; exit 1; }`;
}

/**
 * Typechecked as strictly as its makers may expect, and bundled, because what they make imports
 * without endings.
 */
function typescript(name: string, ...make: string[]): Generator {
  const check = '$TOOLS/npm/node_modules/.bin/tsc --noEmit --strict --skipLibCheck --target es2022 --module esnext';
  return {
    name,
    needs: ['npm'],
    steps: [
      'ln -s $TOOLS/npm/node_modules node_modules',
      ...make,
      `cp $PROGRAMS/${name}.ts main.ts`,
      `${check} --moduleResolution bundler --types node --lib es2023,dom,dom.iterable main.ts`,
      'node_modules/.bin/esbuild main.ts --bundle --platform=node --format=esm --outfile=main.mjs --log-level=error',
      'node main.mjs',
    ],
  };
}

function python(name: string, make: readonly string[], requirements: string): Generator {
  return {
    name,
    needs: ['python3'],
    steps: [
      'python3 -m venv env',
      ...make,
      `env/bin/pip install -q ${requirements}`,
      'env/bin/python -m compileall -q generated',
      `PYTHONPATH=generated env/bin/python $PROGRAMS/${name}.py`,
    ],
  };
}

function go(name: string, ...make: string[]): Generator {
  return {
    name,
    needs: ['go'],
    steps: [
      'go mod init generated >/dev/null 2>&1',
      'mkdir -p tp program',
      ...make,
      `cp $PROGRAMS/${name}.go program/main.go`,
      'go mod tidy >tidy.log 2>&1 || { tail -5 tidy.log; exit 1; }',
      'go build ./...',
      'go run ./program',
    ],
  };
}

export const GENERATORS: readonly Generator[] = [
  {
    ...python('openapi-generator-python', [openApiGenerator('python')], '-r generated/requirements.txt'),
    needs: ['java', 'mvn', 'python3'],
  },
  {
    ...go(
      'openapi-generator-go',
      openApiGenerator('go', ',packageName=tp,generateInterfaces=false,withGoMod=false'),
      'rm -rf generated/test generated/docs && mv generated/*.go tp/ && rm -rf generated',
    ),
    needs: ['java', 'mvn', 'go'],
  },
  {
    name: 'openapi-generator-java',
    needs: ['java', 'javac', 'mvn'],
    steps: [
      openApiGenerator('java'),
      'cp $PROGRAMS/OpenapiGeneratorJava.java generated/src/main/java/',
      'cd generated && mvn -q -B -DskipTests -Dmaven.test.skip=true -Dmaven.javadoc.skip=true compile dependency:build-classpath -Dmdep.outputFile=classpath >compile.log 2>&1 || { grep ERROR compile.log | head -5; exit 1; }',
      'cd generated && java -cp target/classes:$(cat classpath) OpenapiGeneratorJava',
    ],
  },
  {
    ...typescript('openapi-generator-typescript', openApiGenerator('typescript-fetch')),
    needs: ['java', 'mvn', 'npm'],
  },
  {
    name: 'openapi-generator-ruby',
    needs: ['java', 'mvn', 'ruby', 'gem'],
    steps: [
      openApiGenerator('ruby'),
      'ruby -e "require %q(typhoeus)" 2>/dev/null || gem install -q --no-document --user-install typhoeus:1.4.1 >gems.log 2>&1 || { tail -5 gems.log; exit 1; }',
      "find generated/lib -name '*.rb' -print0 | xargs -0 -n 1 ruby -c >/dev/null",
      'ruby -I generated/lib $PROGRAMS/openapi-generator-ruby.rb',
    ],
  },
  go(
    'oapi-codegen',
    `go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v${VERSIONS['oapi-codegen']} -generate types,client -package tp -o tp/tp.go $DOCUMENT`,
  ),
  go(
    'ogen',
    `go run github.com/ogen-go/ogen/cmd/ogen@v${VERSIONS.ogen} --target tp --package tp --clean $DOCUMENT >generate.log 2>&1 || { grep -v WARN generate.log | tail -5; exit 1; }`,
  ),
  python(
    'openapi-python-client',
    [
      `env/bin/pip install -q openapi-python-client==${VERSIONS['openapi-python-client']}`,
      'env/bin/openapi-python-client generate --path $DOCUMENT --output-path generated >generate.log 2>&1 || { tail -5 generate.log; exit 1; }',
      '! grep -A 3 "WARNING" generate.log',
    ],
    'httpx attrs python-dateutil',
  ),
  typescript('openapi-typescript', 'node_modules/.bin/openapi-typescript $DOCUMENT -o generated.ts >/dev/null'),
  typescript(
    'hey-api',
    'node_modules/.bin/openapi-ts -i $DOCUMENT -o generated >generate.log 2>&1 || { tail -5 generate.log; exit 1; }',
  ),
  typescript(
    'orval',
    `echo "module.exports = { tp: { input: process.env.DOCUMENT, output: { target: './generated.ts', client: 'fetch', baseUrl: process.env.TUBEPOST } } }" >orval.config.cjs`,
    'node_modules/.bin/orval --config ./orval.config.cjs >generate.log 2>&1 || { tail -5 generate.log; exit 1; }',
  ),
];
