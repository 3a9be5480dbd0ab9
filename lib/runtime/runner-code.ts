import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { withChildEnvironment } from '../child-environment.ts'

let code: Promise<string> | undefined

/** The runner and the recording api as one script. The package has it ready; from source it is made once. */
export function runnerCode(): Promise<string> {
  const fromSource = import.meta.url.endsWith('.ts')
  code ??= fromSource ? bundleRunner() : readFile(new URL('./runner.bundle.cjs', import.meta.url), 'utf8')
  return code
}

/** Bundles `runner.ts`, which stands beside this file. */
export async function bundleRunner(): Promise<string> {
  const { build } = await import('esbuild')
  const { outputFiles } = await withChildEnvironment(() =>
    build({
      entryPoints: [fileURLToPath(new URL('./runner.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
    }),
  )
  return outputFiles[0]!.text
}
