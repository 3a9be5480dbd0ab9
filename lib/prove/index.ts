export type { Coverage } from './coverage.ts'
export { type Fixture, fixtureOf, isFixture, type ReplayOptions, replay } from './fixture.ts'
export { PROPERTIES, type PropertyName } from './properties.ts'
export { type Counterexample, type Proof, type ProveOptions, prove } from './prove.ts'
