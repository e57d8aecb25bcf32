import type { Command } from 'commander'
import { runScript } from '../run-script.ts'

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('Starts the server, as `npm start` does once all is prepared.')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action((args: string[]) =>
      runScript('main.ts', {
        flags: ['--max-semi-space-size=64', '--no-allocation-site-pretenuring'],
        args,
      }),
    )
}
