import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { filesBelow, top } from './tree.ts'
import { layers } from './house/layers.ts'

/** Each known-bad file, the rule that refuses it, and words of the message that its author reads. */
const knownBad: readonly (readonly [file: string, rule: string, message: string])[] = [
  [
    'server/domain/imports-a-package.ts',
    'house/who-imports-whom',
    'The domain decides and is pure',
  ],
  [
    'server/gateway/imports-a-vendor.ts',
    'house/who-imports-whom',
    'declare what it needs in server/gateway/ports.ts',
  ],
  [
    'server/gateway/imports-the-adapter-as-a-value.ts',
    'house/who-imports-whom',
    'for its types only',
  ],
  [
    'server/providers/xai/imports-another-vendor.ts',
    'house/who-imports-whom',
    'never another vendor',
  ],
  [
    'server/providers/openai-wire/knows-a-vendor.ts',
    'house/who-imports-whom',
    'knows none of them: let the vendor',
  ],
  [
    'server/providers/registry.ts',
    'house/who-imports-whom',
    'The registry maps a configured kind to its vendor',
  ],
  [
    'server/providers/knows-a-vendor.ts',
    'house/who-imports-whom',
    'What all vendors share knows none of them',
  ],
  ['server/store/imports-graphql.ts', 'house/who-imports-whom', 'The store fills ports'],
  ['server/store/imports-the-app.ts', 'house/who-imports-whom', 'is where things begin'],
  ['server/events/imports-the-store.ts', 'house/who-imports-whom', 'Events carry domain data'],
  ['server/jobs/imports-rest.ts', 'house/who-imports-whom', 'A job works through ports'],
  [
    'server/config/imports-a-vendor.ts',
    'house/who-imports-whom',
    'Config turns text into domain data',
  ],
  [
    'server/auth/imports-prisma.ts',
    'house/who-imports-whom',
    'Auth turns a header or a cookie into a Viewer',
  ],
  [
    'server/telemetry/imports-the-gateway.ts',
    'house/who-imports-whom',
    'Telemetry is told what happens',
  ],
  [
    'server/graphql/imports-a-vendor.ts',
    'house/who-imports-whom',
    'it knows no vendor and no REST',
  ],
  [
    'server/rest/imports-graphql.ts',
    'house/who-imports-whom',
    'it knows no vendor, no table and no GraphQL',
  ],
  [
    'server/rest/imports-graphql-later.ts',
    'house/who-imports-whom',
    'it knows no vendor, no table and no GraphQL',
  ],
  [
    'server/rest/names-a-graphql-type.ts',
    'house/who-imports-whom',
    'it knows no vendor, no table and no GraphQL',
  ],
  ['server/rest/imports-across-folders-by-dots.ts', 'house/who-imports-whom', 'leaves its folder'],
  [
    'server/http/imports-rest.ts',
    'house/who-imports-whom',
    'The listener hands a request to whoever owns',
  ],
  ['server/env.ts', 'house/who-imports-whom', 'env.ts turns process.env into Env'],
  ['server/unplaced/has-no-row.ts', 'house/who-imports-whom', 'stands in no layer'],
  [
    'web/pages/overview/ImportsAnotherPage.svelte',
    'house/who-imports-whom',
    'What two pages share',
  ],
  [
    'web/pages/overview/imports-the-server.ts',
    'house/who-imports-whom',
    'A page knows ui, charts, format',
  ],
  ['web/ui/ImportsAPage.svelte', 'house/who-imports-whom', 'ui shows what it is given'],
  ['web/charts/imports-the-client.ts', 'house/who-imports-whom', 'A chart shows what it is given'],
  ['web/format/imports-ui.ts', 'house/who-imports-whom', 'Formatting is text from values'],
  ['web/main.ts', 'house/who-imports-whom', 'A page knows ui, charts, format'],
  ['web/App.svelte', 'house/who-imports-whom', 'The shell places pages'],
  ['web/knows-a-page.ts', 'house/who-imports-whom', 'is used by every page, and knows none'],
  ['prisma/imports-the-server.ts', 'house/who-imports-whom', 'prisma/ is the schema'],
  ['server/domain/reads-the-clock.ts', 'house/pure-domain', 'The domain has no clock'],
  ['server/domain/reads-temporal-now.ts', 'house/pure-domain', 'The domain has no clock'],
  ['server/domain/throws-dice.ts', 'house/pure-domain', 'The domain leaves nothing to chance'],
  [
    'server/rest/reads-the-environment.ts',
    'house/env-in-one-place',
    'Only server/env.ts reads process.env',
  ],
  [
    'server/rest/reads-the-environment-by-import.ts',
    'house/env-in-one-place',
    'Only server/env.ts reads process.env',
  ],
  ['server/store/unsafe-sql.ts', 'house/no-unsafe-sql', 'puts values into the text of SQL'],
  ['server/store/barrel.ts', 'house/no-re-export', 'the beginning of a barrel'],
  ['server/domain/cycle-a.ts', 'import/no-cycle', 'Dependency cycle'],
  ['server/domain/cycle-b.ts', 'import/no-cycle', 'Dependency cycle'],
  ['server/store/default-export.ts', 'import/no-default-export', 'Prefer named exports'],
  ['server/rest/evaluates.ts', 'no-eval', 'eval'],
  ['server/rest/evaluates-later.ts', 'typescript/no-implied-eval', 'Implied eval'],
  ['server/rest/any.ts', 'typescript/no-explicit-any', 'Unexpected `any`'],
  ['server/rest/ts-comment.ts', 'typescript/ban-ts-comment', '@ts-'],
  ['server/rest/four-positions.ts', 'max-params', 'too many parameters'],
  [
    'server/gateway/floating-promise.ts',
    'typescript/no-floating-promises',
    'Promises must be awaited',
  ],
  ['server/gateway/misused-promise.ts', 'typescript/no-misused-promises', 'Expected non-Promise'],
  ['server/gateway/awaits-a-value.ts', 'typescript/await-thenable', 'await'],
  ['server/gateway/open-switch.ts', 'typescript/switch-exhaustiveness-check', 'not exhaustive'],
]

interface Diagnostic {
  readonly message: string
  /** `plugin(rule)`; the plugin of built-in rules is `eslint`. */
  readonly code: string
  readonly filename: string
}

const fixtures = 'test/architecture/fixtures'

async function lint(): Promise<readonly Diagnostic[]> {
  const oxlint = join(top, 'node_modules/oxlint/bin/oxlint')
  const refused = await promisify(execFile)(process.execPath, [oxlint, '--format=json', fixtures], {
    cwd: top,
    maxBuffer: 16_000_000,
  }).catch((cause: { stdout: string }) => cause)
  const { diagnostics }: { diagnostics: readonly Diagnostic[] } = JSON.parse(refused.stdout)
  return diagnostics
}

const diagnostics = await lint()

const nameOf = ({ code }: Diagnostic) =>
  code.replace(/^eslint\((.*)\)$/, '$1').replace(/^(.*)\((.*)\)$/, '$1/$2')

const findings = (file: string) =>
  diagnostics.filter(({ filename }) => filename.replaceAll('\\', '/') === `${fixtures}/${file}`)

it.each(knownBad)('%s is refused by %s alone', (file, rule, message) => {
  expect(findings(file).map(nameOf)).toEqual([rule])
  expect(findings(file)[0]?.message).toContain(message)
})

it('knows every known-bad file', () => {
  const present = filesBelow(fixtures).map((path) => path.slice(fixtures.length + 1))
  expect(present.toSorted()).toEqual(knownBad.map(([file]) => file).toSorted())
})

it('has seen every rule red that the configuration names', () => {
  const text = readFileSync(join(top, '.oxlintrc.json'), 'utf8').replaceAll(/^\s*\/\/.*$/gm, '')
  const config: { rules: object; overrides: { rules: object }[] } = JSON.parse(text)
  const named = [config, ...config.overrides]
    .flatMap(({ rules }) => Object.entries(rules))
    .filter(([, level]) => level !== 'off')
    .map(([rule]) => rule)
  expect([...new Set(knownBad.map(([, rule]) => rule))].toSorted()).toEqual(named.toSorted())
})

it('has seen every row of the table red', () => {
  const seen = diagnostics.map(({ message }) => message)
  const unseen = layers.filter(({ instead }) => !seen.some((message) => message.includes(instead)))
  expect(unseen.map(({ name }) => name)).toEqual([])
})
