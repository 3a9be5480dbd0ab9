/** What an event holds, for the questions "may this be missing?" and "is this such an event?". */
export interface Shape {
  /** `free`: any JSON, its members may all be missing. `leaf`: text, number or boolean. */
  readonly kind: 'object' | 'map' | 'list' | 'leaf' | 'free'
  /**
   * `no`: always present. `yes`: a flow without it is documented. `unclear`: marked optional, and no flow without it is
   * documented.
   */
  readonly missing: 'no' | 'yes' | 'unclear'
  /** Of an object. */
  readonly members?: Readonly<Record<string, Shape>>
  /** Of a map: each value. Of a list: each element. */
  readonly each?: Shape
  /** Other members than the named ones may exist. */
  readonly open?: boolean
  /** Of a leaf, and of what is free; absent where no source binds Auth0 to one. */
  readonly type?: LeafType | readonly LeafType[]
  /** The values that a leaf takes. */
  readonly values?: readonly string[]
  /** An event that somebody else has written must have it, since tokens or Actions are nothing without. */
  readonly needed?: boolean
  /** Of a text that is needed. */
  readonly notEmpty?: boolean
  /** It is `null` instead of absent. */
  readonly nullable?: boolean
  /** For readers of the schema. */
  readonly description?: string
}

type LeafType = 'string' | 'number' | 'integer' | 'boolean' | 'object'

const leaf = (type: LeafType | readonly LeafType[]): Shape => ({ kind: 'leaf', missing: 'no', type })

export const text = leaf('string')
export const number = leaf('number')
/** A whole number from 0. */
export const count = leaf('integer')
export const flag = leaf('boolean')
/** A text, number or boolean, as far as is known. */
export const some: Shape = { kind: 'leaf', missing: 'no' }
export const notEmpty: Shape = { ...text, needed: true, notEmpty: true }
const free: Shape = { kind: 'free', missing: 'yes' }
/** An object of which nothing more is said. */
export const freeObject: Shape = { ...free, type: 'object' }
/** Any JSON by name. */
export const record: Shape = { kind: 'map', missing: 'no', each: free }
/** Values of these types by name. */
export const recordOf = (...types: LeafType[]): Shape => ({
  kind: 'map',
  missing: 'no',
  each: { ...free, type: types.length === 1 ? types[0]! : types },
})
export const oneOf = (...values: string[]): Shape => ({ ...text, values })
export const list = (each: Shape = text): Shape => ({ kind: 'list', missing: 'no', each })
export const map = (each: Shape): Shape => ({ kind: 'map', missing: 'no', each })
export const object = (members: Record<string, Shape>): Shape => ({ kind: 'object', missing: 'no', members })
/** With members that are not named. */
export const open = (members: Record<string, Shape>): Shape => ({ ...object(members), open: true })
export const optional = (shape: Shape): Shape => ({ ...shape, missing: 'yes' })
export const unclear = (shape: Shape): Shape => ({ ...shape, missing: 'unclear' })
export const needed = (shape: Shape): Shape => ({ ...shape, needed: true })
export const nullable = (shape: Shape): Shape => ({ ...shape, nullable: true })
export const described = (description: string, shape: Shape): Shape => ({ ...shape, description })
/** Several members of one shape. */
export const each = (shape: Shape, ...names: string[]): Record<string, Shape> =>
  Object.fromEntries(names.map((name) => [name, shape]))

export function memberOf(shape: Shape, name: string): Shape | undefined {
  if (shape.kind === 'object') {
    const member = Object.hasOwn(shape.members!, name) ? shape.members![name] : undefined
    return member ?? (shape.open === true ? free : undefined)
  }
  if (shape.kind === 'map') return shape.each
  if (shape.kind === 'list') return shape.each
  if (shape.kind === 'free') return free
  return undefined
}

/** The shape at a path, e.g. `['user', 'email']`; `undefined` for what there is not. */
export function shapeAt(root: Shape, path: readonly string[]): Shape | undefined {
  let shape: Shape | undefined = root
  for (const name of path) {
    shape = memberOf(shape, name)
    if (shape === undefined) return undefined
  }
  return shape
}
