// This library's signatures beside those of others, on requests that nobody has seen before: SEED and COUNT choose them.
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ourSignature, type SignedRequest, signedRequests } from '../../drivers/aws/signature.requests.js'
import { botocorePython, botocoreSignatures, smithySigner } from './peers.js'

const SEED = Number(process.env['SEED'] ?? 20_260_131)
const COUNT = Number(process.env['COUNT'] ?? 10_000)
const requests: SignedRequest[] = [...signedRequests(SEED, COUNT)]
const python = botocorePython()
const smithy = await smithySigner()
if (python === undefined) console.warn('signatures: no Python with botocore (python3-botocore): not compared')
if (smithy === undefined) console.warn('signatures: no @smithy/signature-v4 (npm ci in test/bench): not compared')

/** The first that differs says more than all. */
function expectSame(theirs: readonly string[], compared: readonly SignedRequest[]): void {
  const different = compared.filter((request, at) => ourSignature(request) !== theirs[at])
  expect(different[0]).toBe(undefined)
  expect(different.length).toBe(0)
}

describe(`AWS signatures of ${COUNT} requests`, () => {
  it.skipIf(python === undefined)('are those of botocore', async () => {
    const { signatures } = await botocoreSignatures(python ?? '', requests)
    expectSame(signatures, requests)
  })

  // What is compared where botocore is not at hand.
  it.skipIf(python === undefined || process.env['LIBCLOUD_PROVE'] !== '1')('are written down', async () => {
    const seed = 4
    const { version, signatures } = await botocoreSignatures(python ?? '', [...signedRequests(seed, 400)])
    const file = new URL('../../../fixtures/aws/signature/botocore.json', import.meta.url)
    writeFileSync(file, `${JSON.stringify({ botocore: version, seed, signatures }, undefined, 1)}\n`)
  })

  it.skipIf(smithy === undefined)('are those of @smithy/signature-v4', async () => {
    // Of S3's addresses it signs the hash of nothing as the payload, where S3 wants UNSIGNED-PAYLOAD.
    const compared = requests.filter(({ kind, scope }) => kind === 'headers' || scope.service !== 's3')
    const theirs: string[] = []
    for (const request of compared) theirs.push((await smithy?.(request)) ?? '')
    expectSame(theirs, compared)
  })
})
