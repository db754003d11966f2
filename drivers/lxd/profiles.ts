import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { exists, nameOf } from './names.js'
import { LXDNetworkParts } from './networks.parts.js'
import type {
  LXDCallOptions,
  LXDChangeOptions,
  LXDConfig,
  LXDDevices,
  LXDListOptions,
  LXDName,
  LXDUpdateOptions,
} from './types.js'

/** Configuration and devices that instances share. */
export interface LXDProfile {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  readonly devices: LXDDevices
  /** Addresses of the instances that have it. */
  readonly usedBy: readonly string[] | undefined
  readonly project?: string | undefined
}
export interface LXDProfileChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
  readonly devices?: LXDDevices | undefined
}
export interface LXDNewProfile extends LXDProfileChange {
  readonly name: string
}
/** A part of the server with instances, images and profiles of its own. */
export interface LXDProject {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  /** Addresses of all that is in it. */
  readonly usedBy: readonly string[] | undefined
}
export interface LXDProjectChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
}
export interface LXDNewProject extends LXDProjectChange {
  readonly name: string
}
/** What a project uses, and what it may use at most; -1 for no limit. */
export interface LXDProjectState {
  readonly resources: Readonly<Record<string, { readonly limit: number; readonly usage: number }>>
}

/** Profiles and projects. */
export class LXDProfiles extends LXDNetworkParts {
  /**
   * Profiles.
   * @example for await (const { name } of driver.ex_listProfiles()) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profiles_get_recursion1
   */
  ex_listProfiles(options?: LXDListOptions): Pager<LXDProfile> {
    return this.connection.list('/1.0/profiles', options)
  }

  /**
   * One profile.
   * @example const { config, devices } = await driver.ex_getProfile('small')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profile_get
   */
  async ex_getProfile(profile: LXDName, options?: LXDCallOptions): Promise<LXDProfile> {
    return this.connection.get(path`/1.0/profiles/${nameOf(this.provider, profile, 'profile')}`, options)
  }

  /**
   * Whether there is such a profile.
   * @example if (await driver.ex_hasProfile('small')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profile_get
   */
  async ex_hasProfile(profile: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getProfile(profile, options))
  }

  /**
   * Makes a profile.
   * @example await driver.ex_createProfile({ name: 'small', config: { 'limits.memory': '256MiB' } })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profiles_post
   */
  async ex_createProfile(profile: LXDNewProfile, options?: LXDChangeOptions): Promise<LXDProfile> {
    const name = nameOf(this.provider, profile.name, 'profile.name')
    await this.connection.change({ method: 'POST', path: '/1.0/profiles', json: toRaw(profile) }, options)
    return this.ex_getProfile(name, options)
  }

  /**
   * Changes some of what a profile is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateProfile('small', { config: { 'limits.cpu': '1' } })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profile_patch
   */
  async ex_updateProfile(profile: LXDName, changes: LXDProfileChange, options?: LXDUpdateOptions): Promise<void> {
    await this.connection.change(
      { method: 'PATCH', path: path`/1.0/profiles/${nameOf(this.provider, profile, 'profile')}`, json: toRaw(changes) },
      options,
    )
  }

  /**
   * Gives a profile another name.
   * @example await driver.ex_renameProfile('small', 'other')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profile_post
   */
  async ex_renameProfile(profile: LXDName, newName: string, options?: LXDChangeOptions): Promise<void> {
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change(
      { method: 'POST', path: path`/1.0/profiles/${nameOf(this.provider, profile, 'profile')}`, json },
      options,
    )
  }

  /**
   * Deletes a profile.
   * @example await driver.ex_deleteProfile('small')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profile_delete
   */
  async ex_deleteProfile(profile: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      { method: 'DELETE', path: path`/1.0/profiles/${nameOf(this.provider, profile, 'profile')}` },
      options,
    )
  }

  /**
   * Projects.
   * @example for await (const { name } of driver.ex_listProjects()) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/projects_get_recursion1
   */
  ex_listProjects(options?: LXDListOptions): Pager<LXDProject> {
    return this.connection.list('/1.0/projects', options)
  }

  /**
   * One project.
   * @example const { config, usedBy } = await driver.ex_getProject('test')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_get
   */
  async ex_getProject(project: LXDName, options?: LXDCallOptions): Promise<LXDProject> {
    return this.connection.get(path`/1.0/projects/${nameOf(this.provider, project, 'project')}`, options)
  }

  /**
   * Whether there is such a project.
   * @example if (await driver.ex_hasProject('test')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_get
   */
  async ex_hasProject(project: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getProject(project, options))
  }

  /**
   * Makes a project.
   * @example await driver.ex_createProject({ name: 'test', config: { 'features.images': 'false' } })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/projects_post
   */
  async ex_createProject(project: LXDNewProject, options?: LXDChangeOptions): Promise<LXDProject> {
    const name = nameOf(this.provider, project.name, 'project.name')
    await this.connection.change({ method: 'POST', path: '/1.0/projects', json: toRaw(project) }, options)
    return this.ex_getProject(name, options)
  }

  /**
   * Changes some of what a project is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateProject('test', { description: 'For tests' })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_patch
   */
  async ex_updateProject(project: LXDName, changes: LXDProjectChange, options?: LXDUpdateOptions): Promise<void> {
    await this.connection.change(
      { method: 'PATCH', path: path`/1.0/projects/${nameOf(this.provider, project, 'project')}`, json: toRaw(changes) },
      options,
    )
  }

  /**
   * Gives a project another name.
   * @example await driver.ex_renameProject('test', 'other')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_post
   */
  async ex_renameProject(project: LXDName, newName: string, options?: LXDChangeOptions): Promise<void> {
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change(
      { method: 'POST', path: path`/1.0/projects/${nameOf(this.provider, project, 'project')}`, json },
      options,
    )
  }

  /**
   * Deletes a project.
   * @example await driver.ex_deleteProject('test')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_delete
   */
  async ex_deleteProject(project: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      { method: 'DELETE', path: path`/1.0/projects/${nameOf(this.provider, project, 'project')}` },
      options,
    )
  }

  /**
   * What a project uses, and what it may use at most.
   * @example const { resources } = await driver.ex_getProjectState('test')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_state_get
   */
  async ex_getProjectState(project: LXDName, options?: LXDCallOptions): Promise<LXDProjectState> {
    return this.connection.get(path`/1.0/projects/${nameOf(this.provider, project, 'project')}/state`, options)
  }
}
