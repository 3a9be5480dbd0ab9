import type { Shape } from '../triggers/shape.ts'
import { ANYTHING, withEveryMember } from '../triggers/trial.ts'
import type { PathValue, Value } from './flow/values.ts'

/** What may stand in a gap of a text. */
const GAPS = ['x', 'https://a.example/', '1', '']
/** What a text may be that is not known. */
const TEXTS = [...GAPS, ...ANYTHING.filter((one) => typeof one === 'string')]
/** Members of members are followed so far. */
const DEEPEST = 4
/** Of several possible values of a part, so many are tried. */
const MOST_WAYS = 12

/** Values of each kind that an argument may have, for a trial of the call. One that is taken shows that the call may be good. */
export function possibleValues(value: Value, depth = 0): readonly unknown[] {
  if (depth > DEEPEST) return ANYTHING
  switch (value.kind) {
    case 'literal':
      return [value.value]
    case 'nothing':
      return [undefined]
    case 'text':
      return GAPS.map((gap) => value.parts.join(gap))
    case 'list': {
      const items = value.items.map((item) => possibleValues(item, depth + 1))
      const lists = ways(items).map((chosen) => items.map((one, index) => one[chosen[index]!]))
      return value.open === true ? [...lists, [], ['x']] : lists
    }
    case 'record': {
      if (value.asText !== undefined) return [value.asText]
      if (value.isMap === true) return [new Map()]
      const names = [...value.members.keys()]
      const members = names.map((name) => possibleValues(value.members.get(name)!, depth + 1))
      const records = ways(members).map((chosen) =>
        Object.fromEntries(names.map((name, index) => [name, members[index]![chosen[index]!]])),
      )
      return value.open ? [...records, ...records.map(withEveryMember)] : records
    }
    case 'function':
    case 'class':
      return [() => {}]
    case 'union':
      return value.of.flatMap((one) => possibleValues(one, depth))
    case 'path':
      return ofPath(value)
    default:
      return ANYTHING
  }
}

/** Whether anything is known of a value that a trial could tell from any other. */
export function isKnown(value: Value): boolean {
  return possibleValues(value) !== ANYTHING
}

/** Whether an argument can be a text. */
export function mayBeText(value: Value | undefined): boolean {
  return value !== undefined && possibleValues(value).some((one) => typeof one === 'string')
}

/** Which of the possible values of each part: the first of all, the second of all, and so on. */
function ways(parts: readonly (readonly unknown[])[]): number[][] {
  const most = Math.min(MOST_WAYS, Math.max(1, ...parts.map(({ length }) => length)))
  return Array.from({ length: most }, (_, way) => parts.map(({ length }) => way % Math.max(1, length)))
}

function ofPath({ path, known }: PathValue): readonly unknown[] {
  if (path.root === 'api') return [{}]
  if (path.shape === undefined) return ANYTHING
  const values = ofShape(path.shape)
  const surelyThere = path.always || path.there || path.depth <= known
  return surelyThere || values === ANYTHING ? values : [...values, undefined]
}

function ofShape({ kind, type }: Shape): readonly unknown[] {
  switch (kind) {
    case 'list':
      return [['x'], []]
    case 'map':
    case 'object':
      return [{ x: 'x' }]
    default:
      return type === 'string'
        ? TEXTS
        : type === 'number' || type === 'integer'
          ? [1]
          : type === 'boolean'
            ? [true, false]
            : ANYTHING
  }
}
