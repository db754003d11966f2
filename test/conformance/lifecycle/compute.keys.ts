import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeAuthPassword, NodeAuthSSHKey } from '../../../lib/compute/types.js'
import { InvalidRequestError, KeyPairAlreadyExistsError, KeyPairDoesNotExistError } from '../../../lib/errors.js'
import { generateKeyPair, openSshFingerprint } from '../../../lib/keys.js'
import { type ComputeLifecycle, NODES } from './compute.js'
import { rejectsWith } from './tools.js'

/** What is used to log in is shown nowhere. */
export function describeLogins(suite: ComputeLifecycle): void {
  suite.test('login: no password or key is shown', NODES, async (api, defer, driver) => {
    const { createNode } = driver.features
    if (createNode.includes('generatedPassword')) {
      const node = await suite.open(api, defer)
      const { password } = node.extra as { password?: unknown }
      assert.ok(typeof password === 'string' && password.length >= 8, 'extra.password is what was generated')
      suite.assertPrivate(node, [password])
      suite.assertPrivate(await api.getNode(node.id), [password])
    }
    if (createNode.includes('password')) {
      const password = 'Never-shown-0815'
      suite.assertPrivate(await suite.open(api, defer, { auth: new NodeAuthPassword(password) }), [password])
    }
    if (createNode.includes('sshKey')) {
      const { publicKey } = await generateKeyPair({ comment: 'lifecycle' })
      await suite.openRunning(api, defer, { auth: new NodeAuthSSHKey(publicKey) })
    }
  })
}

/** Key pairs, where the driver has them. */
export function describeKeyPairs(suite: ComputeLifecycle): void {
  const KEYS = ['getKeyPair', 'listKeyPairs', 'deleteKeyPair'] as const
  suite.test(
    'key pair: is made, found, listed, and gone when it was deleted',
    ['createKeyPair', ...KEYS],
    async (api, defer) => {
      const name = suite.name()
      defer(() => api.deleteKeyPair({ name }))
      const made = await api.createKeyPair({ name })
      assert.equal(made.name, name)
      assert.match(made.privateKey ?? '', /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n/)
      suite.assertPrivate(made, (made.privateKey ?? '').split('\n').slice(1, 3))
      const found = await api.getKeyPair(name)
      assert.deepEqual([found.fingerprint, found.privateKey], [made.fingerprint, undefined])
      if (found.publicKey && found.fingerprint.startsWith('SHA256:'))
        assert.equal(found.fingerprint, openSshFingerprint(found.publicKey))
      const listed = await suite.walk(
        () => api.listKeyPairs(),
        each => each.name,
        1,
      )
      assert.ok(listed.some(each => each.name === name))
      await made.delete()
      await suite.gone(() => api.getKeyPair(name), KeyPairDoesNotExistError)
      await rejectsWith(() => api.deleteKeyPair({ name }), KeyPairDoesNotExistError)
    },
  )
  suite.test(
    "key pair: of one's own is taken, from text or a file, once",
    ['importKeyPairFromString', 'importKeyPairFromFile', ...KEYS],
    async (api, defer) => {
      const folder = await mkdtemp(join(tmpdir(), 'lifecycle-'))
      defer(() => rm(folder, { recursive: true, force: true }))
      const file = join(folder, 'id.pub')
      const own = await generateKeyPair({ comment: 'lifecycle' })
      const other = await generateKeyPair()
      await writeFile(file, `${other.publicKey}\n`)
      const [a, b] = [suite.name(), suite.name()]
      for (const name of [a, b]) defer(() => api.deleteKeyPair({ name }))
      assert.equal((await api.importKeyPairFromString(a, own.publicKey)).privateKey, undefined)
      await api.importKeyPairFromFile(b, file)
      const prints = [(await api.getKeyPair(a)).fingerprint, (await api.getKeyPair(b)).fingerprint]
      assert.notEqual(prints[0], prints[1])
      await rejectsWith(() => api.importKeyPairFromString(a, other.publicKey), KeyPairAlreadyExistsError)
      assert.equal((await api.getKeyPair(a)).fingerprint, prints[0])
      const none = suite.name()
      await rejectsWith(() => api.importKeyPairFromFile(none, join(folder, 'missing')), InvalidRequestError)
      await rejectsWith(() => api.importKeyPairFromString(none, 'this is no key'), InvalidRequestError)
      await rejectsWith(() => api.getKeyPair(none), KeyPairDoesNotExistError)
    },
  )
}
