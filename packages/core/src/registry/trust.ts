/** TLS settings of one kind of host. */
export interface TlsSettings {
  readonly insecure: boolean;
  readonly ca: readonly string[];
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

let systemTrusted = false;

/**
 * Makes this process trust the system's certificate authorities besides Node's own, as every other program does.
 * Reading them takes 45 ms, so this happens before the first TLS connection that verifies anything.
 */
export async function trustSystemAuthorities(): Promise<void> {
  if (systemTrusted) return;
  systemTrusted = true;
  const tls = await import("node:tls");
  tls.setDefaultCACertificates([
    ...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")]),
  ]);
}

/** The settings as node:tls wants them. A `ca` there replaces the defaults, so they are added again. */
export async function tlsOptions({ insecure, ca, cert, key }: TlsSettings): Promise<Record<string, unknown>> {
  if (!insecure) await trustSystemAuthorities();
  const { createSecureContext, getCACertificates } = await import("node:tls");
  const pair = cert === undefined || key === undefined ? {} : { cert, key };
  const authorities = ca.length === 0 || insecure ? {} : { ca: [...getCACertificates("default"), ...ca] };
  return {
    rejectUnauthorized: !insecure,
    secureContext: createSecureContext({ ...authorities, ...pair }),
  };
}
