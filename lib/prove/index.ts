export { type Counterexample, type Proof, type PropertyName, type ProveOptions, prove } from './prove.ts'
