import type { SeccompProfile } from "./seccomp-profile.ts";

const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;
const AF_NETLINK = 16;
const NETLINK_AUDIT = 9;

/** Calls that any program may make: those that touch only what a container's namespaces hold. */
const ALLOWED = words(`
  accept accept4 access adjtimex alarm bind brk capget capset chdir chmod chown chown32 clock_adjtime
  clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
  clock_nanosleep_time64 clone clone3 close close_range connect copy_file_range creat dup dup2 dup3
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
  eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate
  fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync
  fgetxattr flistxattr flock fork fremovexattr fsconfig fsetxattr fsmount fsopen fspick fstat fstat64
  fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait
  futex_waitv futex_wake futimesat get_mempolicy get_robust_list get_thread_area getcpu getcwd getdents
  getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer
  getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid
  getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32
  getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy
  io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc
  keyctl kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr
  link linkat listen listmount listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat
  lstat64 madvise map_shadow_stack mbind membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod
  mknodat mlock mlock2 mlockall mmap mmap2 mount mount_setattr move_mount mprotect mq_getsetattr mq_notify
  mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal
  msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat
  _newselect open open_tree openat openat2 pause pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2
  pivot_root pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2
  prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64
  pwritev pwritev2 read readahead readdir readlink readlinkat readv reboot recv recvfrom recvmmsg
  recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2
  restart_syscall riscv_flush_icache riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask
  rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
  sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
  sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
  semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_mempolicy set_robust_list
  set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
  setgroups32 setitimer setns setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
  setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr setxattrat shmat
  shmctl shmdt shmget shutdown sigaction sigaltstack signal signalfd signalfd4 sigpending sigprocmask
  sigreturn sigsuspend socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink
  symlinkat sync sync_file_range syncfs syscall sysinfo syslog tee tgkill time timer_create timer_delete
  timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd timerfd_create
  timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64
  ugetrlimit umask umount umount2 uname unlink unlinkat unshare uretprobe utime utimensat utimensat_time64
  utimes vfork wait4 waitid waitpid write writev
`);

/** Calls a capability opens; without it they fail as not permitted. */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_SYS_ADMIN:
    "bpf fanotify_init lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr perf_event_open quotactl quotactl_fd setdomainname sethostname",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module finit_module init_module query_module",
  CAP_SYS_NICE: "migrate_pages move_pages set_mempolicy_home_node",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp process_madvise",
  CAP_SYS_RAWIO: "ioperm iopl",
  CAP_SYS_TIME: "clock_settime clock_settime64 settimeofday stime",
  CAP_SYS_TTY_CONFIG: "vhangup",
};

/** Calls of one architecture only, by Go's name of it. */
const BY_ARCHITECTURE: readonly { readonly arches: readonly string[]; readonly names: string }[] = [
  { arches: ["amd64", "x32"], names: "arch_prctl" },
  { arches: ["amd64", "x32", "x86"], names: "modify_ldt" },
  {
    arches: ["arm", "arm64"],
    names: "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
  },
  { arches: ["ppc64le"], names: "sync_file_range2 swapcontext" },
  { arches: ["s390", "s390x"], names: "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr" },
];

/** Old or dangerous calls: "not permitted" is truer of them than "no such call". */
const REFUSED = words(`
  bdflush io_uring_enter io_uring_register io_uring_setup kexec_file_load kexec_load nfsservctl nice oldfstat
  oldlstat oldolduname oldstat olduname pciconfig_iobase pciconfig_read pciconfig_write sgetmask ssetmask
  swapoff swapon sysfs uselib userfaultfd ustat vm86 vm86old vmsplice
`);

/** personality(2): native, 32 bits, uname 2.6 of both, and asking. */
const PERSONALITIES = [0, 8, 0x20000, 0x20008, 0xffffffff];

/**
 * The profile for hosts without containers-common's own: calls that are not known to be harmless fail with ENOSYS, so
 * that programs fall back to older calls.
 */
export function defaultSeccompProfile(): SeccompProfile {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: ENOSYS,
    archMap: [
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
      { architecture: "SCMP_ARCH_S390X", subArchitectures: ["SCMP_ARCH_S390"] },
    ],
    syscalls: [
      { names: ALLOWED, action: "SCMP_ACT_ALLOW" },
      { names: REFUSED, action: "SCMP_ACT_ERRNO", errnoRet: EPERM },
      ...PERSONALITIES.map((value) => ({
        names: ["personality"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
      })),
      ...BY_ARCHITECTURE.map(({ arches, names }) => ({
        names: words(names),
        action: "SCMP_ACT_ALLOW",
        includes: { arches },
      })),
      ...Object.entries(BY_CAPABILITY).flatMap(([capability, names]) => [
        { names: words(names), action: "SCMP_ACT_ALLOW", includes: { caps: [capability] } },
        { names: words(names), action: "SCMP_ACT_ERRNO", errnoRet: EPERM, excludes: { caps: [capability] } },
      ]),
      ...socketRules(),
    ],
  };
}

/** Every socket but the audit subsystem's, which only CAP_AUDIT_WRITE opens. */
function socketRules(): SeccompProfile["syscalls"] {
  const excludes = { caps: ["CAP_AUDIT_WRITE"] };
  const family = { index: 0, value: AF_NETLINK };
  const protocol = { index: 2, value: NETLINK_AUDIT };
  return [
    { names: ["socket"], action: "SCMP_ACT_ALLOW", includes: excludes },
    {
      names: ["socket"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: EINVAL,
      args: [
        { ...family, op: "SCMP_CMP_EQ" },
        { ...protocol, op: "SCMP_CMP_EQ" },
      ],
      excludes,
    },
    { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{ ...protocol, op: "SCMP_CMP_NE" }], excludes },
    { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{ ...family, op: "SCMP_CMP_NE" }], excludes },
  ];
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
