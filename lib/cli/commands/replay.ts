import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { ToolkitError } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import { compareChains, type LoginChange, redactor } from '../../prove/index.ts'
import type { SimulatedEvent } from '../../simulator/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { actionsAt } from '../actions-at.ts'
import { boundActions } from '../bound-actions.ts'
import { assertEventText } from '../bounded-json.ts'
import { defineCommand, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { textLines } from '../text-lines.ts'
import { workspaceFolder } from '../workspace-folder.ts'
import { workspaceRuntime } from '../workspace-runtime.ts'

/** Changed logins that are printed one by one. */
const SHOWN = 20

/** `claims replay`: recorded logins through the Actions of then and of now. */
export const replayCommand = defineCommand({
  name: 'replay',
  summary: 'Run recorded logins through the Actions of a commit and of now, and say which change',
  flags: {
    against: {
      value: '<git-ref>',
      required: true,
      help: 'compare with the Actions of this commit; exit 1 when a login changes',
    },
    redact: {
      insteadOf: 'against',
      help: 'print the events without their values instead: shape and equality stay',
    },
    keep: {
      value: '<member>',
      several: true,
      help: 'with --redact: leave this member as it is, e.g. user.app_metadata.plan',
    },
    node: {
      value: '<program>',
      help: 'run the Actions on this Node; unless told, on the one they are deployed to, if it is here',
    },
    ...JSON_FLAG,
  },
  words: [
    { name: '<events.jsonl>...', help: 'post-login events, one JSON object a line; - for standard input' },
  ],
  async run(terminal, values, positionals) {
    const { against, redact, keep } = values
    if ((typeof against === 'string') === (redact === true)) {
      throw new ToolkitError('ERR_USAGE', 'claims replay either compares or redacts', {
        hint: 'E.g. claims replay events.jsonl --against main.',
      })
    }
    if (positionals.length === 0) {
      throw new ToolkitError('ERR_USAGE', 'there are no events to replay', {
        hint: 'Name a file with one JSON event a line, or - for standard input.',
      })
    }
    const broken: Unreadable[] = []
    const events = eventsIn(terminal, positionals, broken)
    if (typeof against !== 'string') {
      const redacted = redactor(Array.isArray(keep) ? keep.map(String) : [])
      let count = 0
      for await (const { event } of events) {
        terminal.out(JSON.stringify(redacted(event)))
        count++
      }
      return endOf(terminal, broken, count, EXIT.clean)
    }
    const json = values['json'] === true
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const [before, now] = [await actionsAt(workspace, against), await boundActions(workspace)]
    const runtime = await workspaceRuntime(workspace, values['node'])
    try {
      const summary = { logins: 0, changed: 0 }
      const changes: PlacedChange[] = []
      for await (const some of batches(events)) {
        const found = await compareChains(
          some.map(({ event }) => event),
          { workspace, before, now, runtime },
        )
        summary.logins += some.length
        summary.changed += found.length
        for (const { index, ...change } of found) {
          // A text shows the first ones: there may be as many as logins.
          if (json || changes.length < SHOWN) changes.push({ ...some[index]!.at, ...change })
        }
      }
      const code = endOf(terminal, broken, summary.logins, summary.changed > 0 ? EXIT.findings : EXIT.clean)
      if (json) {
        const unreadable = broken.length === 0 ? {} : { unreadable: broken }
        terminal.out(jsonDocument('replay', { against, summary, changes, ...unreadable }))
      } else {
        for (const change of changes) terminal.out(linesOf(change))
        const more = summary.changed - changes.length
        if (more > 0) terminal.out(`… and ${more} more (--json has all)`)
        terminal.out(`${summary.changed} of ${summary.logins} logins change since ${against}`)
      }
      return code
    } finally {
      await runtime.stop()
    }
  },
})

type PlacedChange = Recorded['at'] & Omit<LoginChange, 'index'>

/** A line that is no event. */
interface Unreadable {
  file: string
  line: number
  message: string
}

/** Logins that are compared at once: so many, and no more, are in memory. */
const BATCH = 256

async function* batches(events: AsyncIterable<Recorded>): AsyncGenerator<Recorded[]> {
  let batch: Recorded[] = []
  for await (const one of events) {
    batch.push(one)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** Names the lines that are no events: the others have been looked at all the same. */
function endOf(terminal: Terminal, broken: readonly Unreadable[], events: number, otherwise: number): number {
  for (const { file, line, message } of broken.slice(0, SHOWN)) {
    terminal.err(`${file}:${line} error ERR_INPUT ${message}`)
  }
  if (broken.length > SHOWN) terminal.err(`… and ${broken.length - SHOWN} more lines that are no event`)
  if (broken.length > 0) {
    terminal.err(
      '  hint: Each line is one whole post-login event, as console.log(JSON.stringify(event)) prints it.',
    )
    return EXIT.usage
  }
  if (events === 0) {
    throw new ToolkitError('ERR_INPUT', 'the files hold no event', { hint: 'One JSON event a line.' })
  }
  return otherwise
}

interface Recorded {
  event: SimulatedEvent
  at: { file: string; line: number }
}

/** The events of files, one after the other, as they are read. What is no event goes to `broken`. */
async function* eventsIn(
  terminal: Terminal,
  names: readonly string[],
  broken: Unreadable[],
): AsyncGenerator<Recorded> {
  for (const name of names) {
    for await (const { number, text } of textLines(chunksOf(terminal, name), LIMITS.eventLength)) {
      if (text?.trim() === '') continue
      const at = { file: name, line: number }
      let event: SimulatedEvent
      try {
        event = eventIn(text, at)
      } catch (error) {
        if (!(error instanceof ToolkitError)) throw error
        broken.push({ ...at, message: error.message })
        continue
      }
      yield { event, at }
    }
  }
}

async function* chunksOf(terminal: Terminal, name: string): AsyncGenerator<string> {
  if (name === '-') {
    yield* terminal.stdinChunks()
    return
  }
  try {
    yield* createReadStream(resolve(terminal.cwd, name), 'utf8') as AsyncIterable<string>
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `"${name}" cannot be read`, { cause, hint: 'Check the path.' })
  }
}

/** @throws ToolkitError `ERR_INPUT` */
function eventIn(line: string | undefined, at: Recorded['at']): SimulatedEvent {
  let event: unknown
  if (line === undefined) {
    throw new ToolkitError('ERR_INPUT', `the event has more than ${LIMITS.eventLength} characters`, at)
  }
  assertEventText(line, at)
  try {
    event = JSON.parse(line)
  } catch {
    throw new ToolkitError('ERR_INPUT', 'the line is not JSON', {
      ...at,
      hint: 'Each line is one event, e.g. what console.log(JSON.stringify(event)) prints.',
    })
  }
  for (const [part, member] of [
    ['user', 'user_id'],
    ['client', 'client_id'],
    ['request', 'query'],
  ] as const) {
    const value = (event as Record<string, Record<string, unknown>> | null)?.[part]?.[member]
    if (value === undefined) {
      throw new ToolkitError('ERR_INPUT', `the event has no ${part}.${member}`, {
        ...at,
      })
    }
  }
  // The secrets of the recording are no business of ours.
  const { secrets: _, ...rest } = event as SimulatedEvent & { secrets?: unknown }
  return rest as SimulatedEvent
}

function linesOf({ file, line, outcome, claims }: PlacedChange): string[] {
  const value = (one: unknown) => (one === undefined ? 'absent' : JSON.stringify(one))
  return [
    `${file}:${line}`,
    ...(outcome === undefined ? [] : [`  ${outcome.before} -> ${outcome.now}`]),
    ...claims.map(
      ({ token, claim, before, now }) => `  ${token} ${claim}: ${value(before)} -> ${value(now)}`,
    ),
  ]
}
