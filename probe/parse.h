#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "probe/name_filter.h"
#include "probe/reading.h"

namespace forewarn {

// What the kernel's text files say, as readings. Pure: no file is opened here, so that tests and
// the fuzzer need none. Each is defined in the read_*.cc that uses it.
//
// A line of a form that is not known is skipped, since kernels add some; a file in which nothing
// was recognised, or a number that is none in a place where one must be, is INVALID_ARGUMENT, and
// what was appended before stays.

Status ParseCpu(std::string_view stat, double ticks_per_second, Readings& out);
Status ParseStat(std::string_view stat, Readings& out);
Status ParseMeminfo(std::string_view text, Readings& out);
Status ParseDiskstats(std::string_view text, const NameFilter& devices, Readings& out);
Status ParseNetdev(std::string_view text, const NameFilter& devices, Readings& out);
// `resource` is cpu, memory or io.
Status ParsePressure(std::string_view resource, std::string_view text, Readings& out);
Status ParseLoadavg(std::string_view text, Readings& out);
Status ParseFileNr(std::string_view text, Readings& out);
Status ParseVmstat(std::string_view text, Readings& out);

struct Mount {
  std::string device;
  std::string mountpoint;
  std::string fstype;
  bool readonly = false;

  friend bool operator==(const Mount&, const Mount&) = default;
};
// /proc/self/mountinfo. Of mounts with equal device, mount point and type only the first is kept.
StatusOr<std::vector<Mount>> ParseMountinfo(std::string_view text);

// Small helpers for the parsers.
//
// Takes the next line off the front, without its newline; false at the end.
bool NextLine(std::string_view& text, std::string_view& line);
// Words between blanks and tabs.
std::vector<std::string_view> Words(std::string_view line);
// The whole of `text` as a decimal number, no sign, not "nan" or "inf".
bool ParseNumber(std::string_view text, double& out);

}  // namespace forewarn
