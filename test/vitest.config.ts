import { svelte } from '@sveltejs/vite-plugin-svelte'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = resolve(import.meta.dirname, '..')
/** Node loads the CommonJS files of graphql, Vite would take the ES modules beside them: schema and code must share one. */
const alias = [{ find: /^graphql$/, replacement: 'graphql/index.js' }]
/** They say within how many milliseconds something has to happen: each has the machine to itself. */
const timed = ['abandoned-streams', 'deadlines', 'drain', 'slow-readers', 'weather-callers'].map(
  (name) => `test/faults/${name}.test.ts`,
)
const shared = { testTimeout: 20_000, hookTimeout: 60_000 }

export default defineConfig({
  root,
  test: {
    globalSetup: ['test/support/postgres-setup.ts'],
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: '.cache/test-report.json' }]]
      : ['default'],
    projects: [
      {
        root,
        resolve: { alias },
        test: {
          ...shared,
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/web/**',
            'test/e2e/**',
            'test/faults/**',
            'test/stories/**',
            'test/architecture/fixtures/**',
          ],
        },
      },
      {
        root,
        resolve: { alias },
        // Most of them wait: more of them at once than there are processors.
        test: {
          ...shared,
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          exclude: timed,
          sequence: { groupOrder: 1 },
          maxWorkers: 4,
          testTimeout: 60_000,
        },
      },
      {
        root,
        resolve: { alias },
        test: {
          ...shared,
          name: 'faults-timed',
          include: timed,
          sequence: { groupOrder: 2 },
          fileParallelism: false,
        },
      },
      {
        root,
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: { ...shared, name: 'web', include: ['test/web/**/*.test.ts'], environment: 'jsdom' },
      },
      {
        root,
        resolve: { alias },
        test: {
          ...shared,
          name: 'whole',
          include: ['test/e2e/**/*.test.ts', 'test/stories/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
