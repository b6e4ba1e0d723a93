/**
 * The supervisor: `sh -c SCRIPT NAME FOLDER WHERRY…`. It reads only with what the shell itself can do, takes the time from
 * /proc/uptime, which no clock that is set back disturbs, and sleeps in a `timeout` that a line through the fifo `wake` ends.
 * A file ID.watch has three lines: pid and start time of the monitor; the delay of a restart or "-"; interval of health checks,
 * interval and length of the start period or "-". Times are hundredths of a second.
 */
export const SUPERVISOR_SCRIPT = String.raw`
cd "$1" || exit 0
shift
[ -p wake ] || mkfifo wake 2>/dev/null
exec 3<>wake 9>>lock
echo >&3
flock -n 9 || exit 0

# whether process $1 is the one that began at $2
runs() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  wanted=$2
  set -- @{line##*) }
  [ "$1" != Z ] && [ "$1" != X ] && [ "@{20}" = "$wanted" ]
}

# the next look is at time $1 or earlier
by() {
  [ "$1" -ge "$next" ] || next=$1
}

look() {
  { read -r pid begun; read -r delay; read -r interval first period; } <"$1.watch" || return
  eval "seen=\@{seen_$1:-}"
  if [ "$seen" != "$pid" ]; then
    eval "seen_$1=$pid since_$1=$now due_$1=$now ended_$1="
    [ "$interval" = - ] || eval "due_$1=$((now + first))"
  fi
  eval "due=\@{due_$1} ended=\@{ended_$1} since=\@{since_$1}"
  if [ ! -e "$1.ended" ] && runs "$pid" "$begun"; then
    [ "$interval" != - ] || return
    if [ "$due" -le "$now" ]; then
      sh "$1.check" 0 "$((now - since))" "$@" </dev/null >/dev/null 2>&1 3>&- 9>&- &
      step=$interval
      [ "$((now - since))" -ge "$period" ] || [ -e "$1.healthy" ] || step=$first
      due=$((now + step))
      eval "due_$1=$due"
    fi
    by "$due"
  elif [ "$delay" = - ]; then
    rm -f "$1.watch" "$1.check" "$1.json" "$1.startup" "$1.healthy" "$1.ended"
  elif [ -z "$ended" ]; then
    eval "ended_$1=$((now + delay))"
    by "$((now + delay))"
  elif [ "$ended" -le "$now" ]; then
    id=$1
    rm -f "$id.watch" "$id.check" "$id.json" "$id.startup" "$id.healthy" "$id.ended"
    eval "seen_$id="
    shift
    "$@" container restart-ended "$id" </dev/null >/dev/null 2>&1 3>&- 9>&- &
  else
    by "$ended"
  fi
}

while :; do
  read -r up rest </proc/uptime
  now=@{up%.*}@{up#*.}
  next=$((now + 1000))
  any=
  for file in *.watch; do
    [ -e "$file" ] || continue
    any=1
    look "@{file%.watch}" "$@"
  done
  if [ -z "$any" ]; then
    # who comes while we hold the lock has written its file before we let go of it
    flock -u 9
    for file in *.watch; do [ ! -e "$file" ] || any=1; done
    [ -n "$any" ] && flock -n 9 || exit 0
    continue
  fi
  read -r up rest </proc/uptime
  now=@{up%.*}@{up#*.}
  left=$((next - now))
  [ "$left" -gt 0 ] || continue
  part=$((left % 100))
  [ "$part" -gt 9 ] || part=0$part
  timeout "$((left / 100)).$part" head -n 1 <&3 >/dev/null 9>&-
done
`.replaceAll("@{", "${"); // in a template literal the shell's own form would be a placeholder
