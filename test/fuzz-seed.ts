// Every run generates the same cases, so that a failure is one of the change and not of chance; new ones are looked for
// with FUZZ_SEED=random, or any number.
import fc from 'fast-check'

const wanted = process.env['FUZZ_SEED']
if (wanted !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(wanted ?? 20_261_121) })
