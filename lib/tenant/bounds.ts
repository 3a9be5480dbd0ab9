/** Bounds on what others send. What has no bound here ends by its own time, or by Node's limits. */

/** Levels of nested objects and lists that are kept: past a few thousand copying and writing them overflow the stack. */
export const MAX_DEPTH = 100
/** Of a text that a log entry or an error repeats. */
const MAX_TEXT = 500

/** Whether objects and lists are nested in each other more than `levels` deep: `[]` is one level. Does not recurse. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level = nestedIn([value])
  for (let depth = 1; depth <= levels && level.length > 0; depth++) {
    level = level.flatMap((item) => nestedIn(Object.values(item)))
  }
  return level.length > 0
}

function nestedIn(values: readonly unknown[]): object[] {
  return values.filter((value): value is object => typeof value === 'object' && value !== null)
}

/** A text that somebody sent, short enough to be repeated. */
export function shortened(text: string, max: number = MAX_TEXT): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`
}

/** The body as text; `undefined` for one that goes on too long, announced or not. */
export async function boundedText(request: Request, maxBytes: number): Promise<string | undefined> {
  const announced = request.headers.get('content-length')
  if (announced !== null) return Number(announced) > maxBytes ? undefined : request.text()
  if (request.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of request.body) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** The first name that comes more than once, in one pass: a body may have thousands of names. */
export function repeatedName(params: URLSearchParams): string | undefined {
  const seen = new Set<string>()
  for (const name of params.keys()) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}
