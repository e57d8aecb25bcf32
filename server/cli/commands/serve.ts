import type { Command } from 'commander'
import { runScript } from '../run-script.ts'

/** As `npm start` runs it. */
const flags = ['--max-semi-space-size=64', '--no-allocation-site-pretenuring']

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('Starts the server, as `npm start` does once all is prepared.')
    .addHelpText('after', '\nExample:\n  PORT=8080 orchestrator serve')
    .action(() => runScript('main.ts', { args: [], flags }))
}
