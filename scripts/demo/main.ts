/** `npm start`: the main job once, on the embedded local tenant unless a flag names a real one. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../lib/cli/exit-codes.ts'
import { processTerminal } from '../../lib/cli/process-terminal.ts'
import { report } from '../../lib/cli/run.ts'
import { formatFindings } from '../../lib/report/index.ts'
import { FindingsError, runMainJob } from './main-job.ts'
import { demoOptions, USAGE } from './options.ts'
import { printer } from './printer.ts'

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..')
const args = process.argv.slice(2)
const terminal = processTerminal()

async function main(): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    terminal.document(USAGE)
    return EXIT.clean
  }
  try {
    await runMainJob(
      demoOptions(args, process.env, repository),
      process.env,
      printer(process.stdout, terminal.write),
    )
    return EXIT.clean
  } catch (error) {
    if (error instanceof FindingsError) {
      terminal.err(formatFindings(error.findings).split('\n'))
      return EXIT.findings
    }
    return report(error, terminal)
  }
}

process.exitCode = await main()
