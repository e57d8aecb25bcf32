import { Command, CommanderError } from 'commander'
import { CliFailure } from './cli-failure.ts'
import { addAsk } from './commands/ask.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addKeys } from './commands/keys.ts'
import { addModels } from './commands/models.ts'
import { addProviders } from './commands/providers.ts'
import { addServe } from './commands/serve.ts'
import { addStatus } from './commands/status.ts'

/** The command `orchestrator`. Exit codes: see server/domain/exit-code.ts; wrong arguments end with 2. */
const program = new Command('orchestrator')
  .description('Runs and asks an AI Orchestrator server.')
  .exitOverride()
addServe(program)
addStatus(program)
addDoctor(program)
addProviders(program)
addModels(program)
addKeys(program)
addAsk(program)
addDemo(program)

// A reader who has gone, such as `head`, has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : 1),
)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof CliFailure) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = error.exitCode
  } else throw error
}
