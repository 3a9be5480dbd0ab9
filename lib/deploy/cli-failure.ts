import { ToolkitError } from '../errors.ts'
import type { Workspace } from '../workspace/types.ts'
import { faultOfFiles } from './schema-faults.ts'
import { hintFor } from './transport.ts'

/** One link of the CLI's chain of errors. */
export interface ErrorLink {
  message: string
  code?: string
  statusCode?: number
  stage?: string
  type?: string
  answer?: string
}

interface FailedRun {
  domain: string
  job: { mode: 'import' | 'export' }
  workspace?: Pick<Workspace, 'tenant'> & Partial<Pick<Workspace, 'positionOf'>>
}

/** The error of a run of the deploy CLI, from its own words. `clean`: takes secrets out of a text. */
export function cliFailure(
  { domain, job, workspace }: FailedRun,
  errors: readonly ErrorLink[],
  clean: (text: string) => string,
): ToolkitError {
  const { tenant, positionOf } = workspace ?? {}
  if (job.mode === 'import' && tenant !== undefined && positionOf !== undefined) {
    for (const { message } of errors) {
      const fault = faultOfFiles(message, { tenant, positionOf }, clean)
      if (fault !== undefined) return fault
    }
  }
  const messages: string[] = []
  for (const { message, answer } of errors) {
    for (const text of [message, answer]) {
      if (text === undefined) continue
      const line = withoutJson(clean(text).replaceAll(/\s+/g, ' ').trim())
      if (line !== '' && !messages.some((known) => known.includes(line))) messages.push(line)
    }
  }
  const told = /Status code: (\d{3})/.exec(errors.map(({ message }) => message).join(' '))?.[1]
  const status =
    errors.find(({ statusCode }) => statusCode !== undefined)?.statusCode ??
    (told === undefined ? undefined : Number(told))
  const type = errors.find((link) => link.type !== undefined)?.type
  return new ToolkitError(
    'ERR_DEPLOY',
    `the ${job.mode === 'import' ? 'deploy to' : 'export of'} "${domain}" failed${type === undefined ? '' : ` at ${type}`}: ${messages.join(': ')}`,
    { hint: hintFor(status) },
  )
}

/** What the tenant said, without the rest of the response that the CLI puts into its messages. */
function withoutJson(line: string): string {
  const answer = /Status code: (\d{3}) Body: (?=\{)/.exec(line)
  if (answer === null) return line
  const start = answer.index + answer[0].length
  const end = line.lastIndexOf('}') + 1
  try {
    const { message } = JSON.parse(line.slice(start, end)) as { message: string }
    return `${withoutErrorNames(line.slice(0, answer.index))}${answer[1]} ${message}${line.slice(end)}`
  } catch {
    return line
  }
}

/** Without `APIError: Error: ` and the like at its end. */
function withoutErrorNames(text: string): string {
  let rest = text
  for (;;) {
    const name = /\b\w{0,60}Error:? $/.exec(rest.slice(-70))
    if (name === null) return rest
    rest = rest.slice(0, -name[0].length)
  }
}
