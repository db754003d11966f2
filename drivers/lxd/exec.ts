import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type BodySource, chunksOf, isBodySource } from '../../lib/http/body.js'
import { readText } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { LXDFiles } from './files.js'
import { instanceOf, refuse } from './names.js'
import { type LXDSession, type LXDTerminalSize, openSession } from './session.js'
import type { LXDCallOptions, LXDChangeOptions, LXDName } from './types.js'

/** How a command is run. */
export interface LXDExecOptions extends LXDChangeOptions {
  ex_environment?: Readonly<Record<string, string>> | undefined
  /** The user's number in the instance. @defaultValue 0 */
  ex_user?: number | undefined
  /** The group's number in the instance. @defaultValue 0 */
  ex_group?: number | undefined
  /** The directory that it runs in. @defaultValue the user's home */
  ex_cwd?: string | undefined
}
/** How a command is run that is spoken with. */
export interface LXDSessionOptions extends LXDExecOptions {
  /** Gives it a terminal of this size; what it writes comes all on `stdout`. */
  ex_terminal?: LXDTerminalSize | undefined
}
/** How a command is run whose end is waited for. */
export interface LXDExecuteOptions extends LXDExecOptions {
  /** What it reads. @defaultValue nothing */
  ex_stdin?: BodySource | undefined
  /** Gets what it writes, in place of the result: the command waits for it. */
  ex_onStdout?: ((chunk: Buffer) => void | Promise<void>) | undefined
  /** Gets what it writes as its errors, in place of the result. */
  ex_onStderr?: ((chunk: Buffer) => void | Promise<void>) | undefined
}
/** What a command has come to. */
export interface LXDExecuteResult {
  /** 128 and the signal where one has ended it. */
  readonly exitCode: number
  /** What it wrote, as UTF-8. */
  readonly stdout: string
  /** What it wrote as its errors, as UTF-8. */
  readonly stderr: string
  /** What it wrote, byte for byte. */
  readonly stdoutBytes: Buffer
  readonly stderrBytes: Buffer
}
/** What `ex_openConsole` takes. */
export interface LXDConsoleOptions extends LXDChangeOptions {
  ex_terminal?: LXDTerminalSize | undefined
  /** `'vga'` is the graphical one of virtual machines: SPICE. @defaultValue 'console' */
  ex_type?: 'console' | 'vga' | undefined
  /** Takes it from whoever has it. @defaultValue false */
  ex_force?: boolean | undefined
}

/** Commands and consoles. */
export class LXDExec extends LXDFiles {
  /**
   * Runs a command and waits for its end: arguments as they are, no shell. An abort ends the command.
   * @throws NotFoundError where there is no such command
   * @example
   * ```ts
   * const { exitCode, stdout } = await driver.ex_execute('web-1', ['uname', '-r'])
   * await driver.ex_execute('web-1', ['tar', '-x', '-C', '/srv'], { ex_stdin: createReadStream('site.tar') })
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_exec_post
   */
  async ex_execute(
    instance: LXDName,
    command: readonly string[],
    options?: LXDExecuteOptions,
  ): Promise<LXDExecuteResult> {
    const { ex_stdin: stdin, ex_onStdout: onStdout, ex_onStderr: onStderr } = options ?? {}
    if (stdin !== undefined && !isBodySource(stdin))
      throw refuse(this.provider, 'ex_stdin', stdin, 'text, bytes, a stream or an iterable of bytes')
    const session = await this.ex_openExec(instance, command, options)
    try {
      const feeding = feed(session, stdin)
      const outputs = Promise.all([collect(session.stdout, onStdout), collect(session.stderr, onStderr)])
      outputs.catch(() => {})
      feeding.catch(() => {})
      // A command may end without reading all that it was given.
      const exitCode = await Promise.race([session.exitCode, feeding.then(() => session.exitCode)])
      const [stdoutBytes, stderrBytes] = await outputs
      return {
        exitCode,
        stdoutBytes,
        stderrBytes,
        stdout: stdoutBytes.toString(),
        stderr: stderrBytes.toString(),
      }
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /**
   * Runs a command and hands over its streams; with `ex_terminal` it has a terminal.
   * @example
   * ```ts
   * await using shell = await driver.ex_openExec('web-1', ['sh'], { ex_terminal: { width: 80, height: 25 } })
   * shell.stdin.write('uptime; exit\n')
   * shell.stdout.pipe(process.stdout)
   * const code = await shell.exitCode
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_exec_post
   */
  async ex_openExec(instance: LXDName, command: readonly string[], options?: LXDSessionOptions): Promise<LXDSession> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const isCommand = Array.isArray(command) && command.length > 0 && command.every(each => typeof each === 'string')
    if (!isCommand) throw refuse(this.provider, 'command', command, "a program and its arguments: ['ls', '-l']")
    const { ex_terminal: terminal, ex_environment: environment, ex_user: user, ex_group: group } = options ?? {}
    const json = {
      command,
      environment,
      user,
      group,
      cwd: options?.ex_cwd,
      interactive: terminal !== undefined,
      width: terminal?.width,
      height: terminal?.height,
      'wait-for-websocket': true,
    }
    const spec = { method: 'POST', path: path`/1.0/instances/${name}/exec`, json } as const
    const operation = await this.connection.change(spec, { ...found, ex_wait: false })
    return openSession(this.connection, operation, found)
  }

  /**
   * The instance's console: what is typed into it and what it shows. Only one at a time has it.
   * @example
   * ```ts
   * await using console = await driver.ex_openConsole('web-1')
   * console.stdout.pipe(process.stdout)
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_console_post
   */
  async ex_openConsole(instance: LXDName, options?: LXDConsoleOptions): Promise<LXDSession> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const { ex_terminal: { width, height } = { width: 80, height: 25 }, ex_type: type = 'console' } = options ?? {}
    const json = { width, height, type, force: options?.ex_force }
    const spec = { method: 'POST', path: path`/1.0/instances/${name}/console`, json } as const
    const operation = await this.connection.change(spec, { ...found, ex_wait: false })
    return openSession(this.connection, operation, found)
  }

  /**
   * What a container's console has shown.
   * @example const text = await driver.ex_getConsoleLog('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_console_get
   */
  async ex_getConsoleLog(instance: LXDName, options?: LXDCallOptions): Promise<string> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const query = this.connection.query(found)
    const spec = { path: path`/1.0/instances/${name}/console`, query, read: readText }
    return (await this.connection.request(spec, found)).body
  }

  /**
   * Forgets what a container's console has shown.
   * @example await driver.ex_clearConsoleLog('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_console_delete
   */
  async ex_clearConsoleLog(instance: LXDName, options?: LXDCallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    await this.connection.change({ method: 'DELETE', path: path`/1.0/instances/${name}/console` }, found)
  }
}

async function feed({ stdin }: LXDSession, source: BodySource | undefined): Promise<void> {
  if (source === undefined) return void stdin.end()
  await pipeline(chunksOf(source), stdin)
}

async function collect(stream: Readable, take: LXDExecuteOptions['ex_onStdout']): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (take) await take(chunk)
    else chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
