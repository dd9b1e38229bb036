#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "probe/source.h"
#include "probe/state_files.h"

namespace forewarn {

// A fact of the product. Exactly one of `file` and `command`.
struct FactSource {
  std::string name;
  std::string file;                  // its first line is the value
  std::vector<std::string> command;  // the first line of its output, when it exits with 0
};

struct FactOptions {
  std::string root;        // before /proc, /etc and /sys
  std::string state_file;  // facts as last reported, so that a change over a restart is seen
  std::string version;     // of this program
  bool host = true;        // os.*, cpu.*, memory.*, disk.*
  Duration interval = 1h;
  Duration command_timeout = 10s;
  std::vector<FactSource> extra;
};

// The inventory: what this host and its products are. All facts are reported at the first round,
// after that those that changed, each with a Change; a fact that went away is reported with an
// empty value. A restart of the host is the Change `host.boot` (the kernel's boot id). Uses the
// state file: what changed while the probe was down is a change too.
std::unique_ptr<Source> MakeFactSource(FactOptions options);

// What the files say; pure. Names and values.
StateMap ParseOsRelease(std::string_view text);  // os.name, os.version
StateMap ParseCpuinfo(std::string_view text);    // cpu.model, cpu.count

}  // namespace forewarn
