import type { Command } from 'commander'
import { runScript } from '../run-script.ts'

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('Sends a mixed load to simulated models; its options: --rate, --seconds, --model.')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action((args: string[]) => runScript('cli/demo.ts', { args }))
}
