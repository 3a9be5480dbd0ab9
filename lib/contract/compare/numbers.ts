import { meetsFacts } from './facts.ts'
import { canonical, isMultiple, textsOf as textsIn } from './judge.ts'
import type { Shape } from './shape.ts'

/** Ranges of whole numbers that are gone through one by one. */
const MOST_NUMBERS = 2000
/** Numbers of one shape; lists of different ones need many. */
const MOST_MADE = 300

function isNumber(
  shape: Shape,
  value: number,
  type: 'integer' | 'fraction',
  not: ReadonlySet<string>,
): boolean {
  return (
    Number.isFinite(value) &&
    Number.isInteger(value) === (type === 'integer') &&
    meetsFacts(shape, value) &&
    !not.has(canonical(value))
  )
}

/** The whole numbers of a range that is not too wide. */
function wholeNumbers(shape: Shape): number[] | undefined {
  const [low, high] = [Math.ceil(shape.low), Math.floor(shape.high)]
  if (!(high - low <= MOST_NUMBERS)) return undefined
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index)
}

export function isEmptyRange(shape: Shape, type: 'integer' | 'fraction'): boolean {
  if (shape.low > shape.high) return true
  const not = textsIn(shape.notValues)
  if (type === 'integer') {
    const all = wholeNumbers(shape)
    if (all !== undefined) return !all.some((value) => isNumber(shape, value, type, not))
    // 0.5, 0.25 and the like divide every whole number, also in floating point.
    if (shape.notMultiples.some((of) => isPowerOfTwo(1 / of))) return true
  } else {
    if (shape.low === shape.high) return !isNumber(shape, shape.low, type, not)
    if (shape.multiples.some((of) => Number.isInteger(of))) return true
  }
  return shape.notMultiples.some((not) =>
    shape.multiples.some(
      (of) =>
        // Twice, four times …: exact in floating point. Others only among whole numbers.
        isPowerOfTwo(of / not) || (Number.isInteger(of) && Number.isInteger(not) && isMultiple(of, not)),
    ),
  )
}

function isPowerOfTwo(value: number): boolean {
  return value >= 1 && Number.isInteger(Math.log2(value)) && 2 ** Math.log2(value) === value
}

export function numbersOf(shape: Shape, type: 'integer' | 'fraction'): number[] {
  const count = MOST_MADE
  const all = type === 'integer' ? wholeNumbers(shape) : undefined
  const not = textsIn(shape.notValues)
  const wanted = new Set<number>()
  if (all !== undefined) for (const value of all) wanted.add(value)
  const bounds = [shape.low, shape.high].filter(Number.isFinite)
  const steps = [
    1,
    0.5,
    0.25,
    0.1,
    0.01,
    0.001,
    ...shape.multiples,
    ...shape.notMultiples.map((of) => of / 2),
  ]
  const product = shape.multiples.reduce((sum, of) => sum * of, 1)
  if (shape.multiples.length > 1) steps.push(product)
  const largest = shape.multiples.reduce((most, of) => Math.max(most, of), 1)
  for (const around of [...bounds, 0]) {
    wanted.add(around)
    for (const step of steps) {
      const nearest = Math.round(around / step)
      for (const turn of [0, 1, -1, 2, -2, 3, -3]) {
        wanted.add((nearest + turn) * step)
        wanted.add(around + turn * step)
      }
    }
  }
  if (bounds.length === 2) wanted.add((shape.low + shape.high) / 2)
  const from = Number.isFinite(shape.low) ? shape.low : Number.isFinite(shape.high) ? shape.high : 0
  const sign = Number.isFinite(shape.low) || !Number.isFinite(shape.high) ? 1 : -1
  for (let index = 0; index < count * 2 && index < 20_000; index++) {
    wanted.add((Math.ceil(from / largest) + sign * index) * largest)
    if (type === 'fraction') wanted.add(from + sign * (index + 0.5))
  }
  return [...wanted]
    .filter((value) => isNumber(shape, value, type, not))
    .sort((a, b) => Math.abs(a) - Math.abs(b) || b - a)
}
