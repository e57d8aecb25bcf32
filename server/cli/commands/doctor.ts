import type { Command } from 'commander'
import { runScript } from '../run-script.ts'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Checks the books of the database; its options: --json.')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action((args: string[]) => runScript('cli/doctor.ts', { args }))
}
