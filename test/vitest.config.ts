import { svelte } from '@sveltejs/vite-plugin-svelte'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = resolve(import.meta.dirname, '..')
/** Node loads the CommonJS files of graphql, Vite would take the ES modules beside them: schema and code must share one. */
const alias = [{ find: /^graphql$/, replacement: 'graphql/index.js' }]
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
        // Its tests say how soon something has to happen: they come when the others are through.
        test: {
          ...shared,
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 3,
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
