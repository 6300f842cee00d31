// Makes the wire types of the TypeScript client from the schemas of docs/openapi.json; with --check only says whether they are current.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../docs/openapi.json', import.meta.url);
const target = new URL('../../src/WebClient/sdk/src/openapi.ts', import.meta.url);

// The client writes its paths itself: with the operations the file would be seven times as long.
const document = { ...JSON.parse(await readFile(source, 'utf8')), paths: {} };
const made = `// Made from docs/openapi.json by "npm run types" in tests/openapi-lint; not edited by hand.\n${astToString(await openapiTS(document))}`;

if (!process.argv.includes('--check')) {
  await writeFile(target, made);
} else if ((await readFile(target, 'utf8')) !== made) {
  console.error('src/WebClient/sdk/src/openapi.ts is not what docs/openapi.json makes: npm run types in tests/openapi-lint.');
  process.exit(1);
}
