/** Marks a directory that hides what lower layers have in it, for mounts with `userxattr`; its value is "y". */
export const OPAQUE_XATTR = "user.overlay.opaque";

/** The names under which overlay keeps its own notes; they never enter or leave a layer. */
const OVERLAY_XATTR = /^(?:user|trusted)\.overlay\./;

/** Whether an xattr is overlay's own. */
export function isOverlayXattr(name: string): boolean {
  return OVERLAY_XATTR.test(name);
}

/** Whether an xattr belongs to this host and not to the file: overlay's notes, and SELinux labels. */
export function isHostXattr(name: string): boolean {
  return isOverlayXattr(name) || name === "security.selinux";
}
