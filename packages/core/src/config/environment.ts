/** What configuration depends on. Read once, in `engine`; tests make their own. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home folder of the user. */
  readonly home: string;
  readonly uid: number;
  /** Folder of the administrator's files; default /etc. */
  readonly etc?: string;
  /** Folder of the distribution's files; default /usr/share. */
  readonly usrShare?: string;
  /** Folder of run-time state; default /run. */
  readonly run?: string;
  /** Folder of what can be made again; default /var/cache. */
  readonly varCache?: string;
  /** Folder for a private runtime folder when there is no other; default /tmp. */
  readonly tmp?: string;
  /** Instead of the file and the folders of registries.conf(5). */
  readonly registriesConf?: string;
  readonly registriesConfDir?: string;
  /** Instead of the folders registries.d of the user and the administrator. */
  readonly registriesD?: string;
  /** Folder of the system's data; default /var/lib. */
  readonly varLib?: string;
  /** File of the short names the user decided on, instead of that in the cache folder. */
  readonly shortNameAliases?: string;
}

/** `$XDG_CONFIG_HOME` or ~/.config. */
export function configHome(environment: Environment): string {
  return xdgFolder(environment, "XDG_CONFIG_HOME") ?? `${environment.home}/.config`;
}

/** A folder the XDG base directory specification names; unset, empty and relative values count as unset, as it asks. */
export function xdgFolder({ env }: Environment, name: string): string | undefined {
  const value = env[name];
  return value?.startsWith("/") === true ? value.replace(/(?<=.)\/+$/, "") : undefined;
}

/** The folders of the containers/* files: the distribution's, the administrator's, the user's; a later one wins. */
export function containersFolders(environment: Environment): {
  readonly usrShare: string;
  readonly etc: string;
  readonly user: string;
} {
  return {
    usrShare: `${environment.usrShare ?? "/usr/share"}/containers`,
    etc: `${environment.etc ?? "/etc"}/containers`,
    user: `${configHome(environment)}/containers`,
  };
}
