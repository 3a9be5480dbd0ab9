import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

let code: Promise<string> | undefined

/** The runner and the recording api as one script, made once in a process. */
export function runnerCode(): Promise<string> {
  code ??= bundle()
  return code
}

async function bundle(): Promise<string> {
  // The neighbour has the extension of this file: `.ts` from source, `.js` when compiled.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./runner.${extension}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}
