/** `npm start`: the main job once, on the embedded local tenant unless a flag names a real one. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../lib/cli/exit-codes.ts'
import { report } from '../../lib/cli/run.ts'
import { formatFindings } from '../../lib/report/index.ts'
import { FindingsError, runMainJob } from './main-job.ts'
import { demoOptions, USAGE } from './options.ts'
import { printer } from './printer.ts'

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..')
const args = process.argv.slice(2)

async function main(): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${USAGE}\n`)
    return EXIT.clean
  }
  try {
    await runMainJob(demoOptions(args, process.env, repository), process.env, printer(process.stdout))
    return EXIT.clean
  } catch (error) {
    if (error instanceof FindingsError) {
      process.stderr.write(`${formatFindings(error.findings)}\n`)
      return EXIT.findings
    }
    return report(error, { err: (line) => process.stderr.write(`${line}\n`) })
  }
}

process.exitCode = await main()
