#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"

namespace forewarn {

// What `forewarn-probe run --config FILE` reads. Each member's initialiser is its default; bounds
// and meaning are declared in probe_settings.cc and printed as docs/reference/settings-probe.md.
//
// Regular expressions are RE2. Those that select by a name (mount points, devices, series) must
// match the whole name; those that look into text (log lines, redaction) may match anywhere in it.
// All of them have been compiled once when the settings parse, so compiling them again does not
// fail.

struct SpoolSettings {
  int64_t max_size =
      256 << 20;  // bytes on disk; beyond it the oldest samples go first, as a declared gap
  Duration max_age = 7 * 24h;  // younger than the collector's accepted age
};

// Which of the host's figures are read in each round.
struct SourceSettings {
  bool cpu = true;
  bool memory = true;
  bool filesystems = true;
  bool disks = true;  // /proc/diskstats
  bool network = true;
  bool pressure = true;
  bool load = true;
  bool file_handles = true;
  bool uptime = true;
};

struct FilesystemSettings {
  // Included and not excluded. Empty include: all.
  std::string mount_points_include;
  std::string mount_points_exclude =
      "/(dev|proc|sys|run/credentials/.+|var/lib/docker/.+|var/lib/containers/storage/.+)(/.*)?";
  std::string types_include;
  std::string types_exclude =
      "autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|"
      "mqueue|nsfs|"
      "overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs";
  Duration timeout = 5s;  // for one statfs(2); a hung NFS mount is reported, not waited for
};

struct DeviceSettings {
  // Names of block devices and network interfaces that are left out. Empty: none.
  std::string disks_exclude = "(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme[0-9]+n[0-9]+p)[0-9]+";
  std::string network_exclude;
};

// A folder that has no file system of its own and yet must not grow beyond something. Reported as
// a file system whose size is the capacity.
struct QuotaSettings {
  std::string path;
  int64_t capacity = 0;  // bytes; required
};

// Lines in which `pattern` is found become events of this severity.
struct SeverityPattern {
  Severity severity = Severity::kError;
  std::string pattern;
};

struct LogSettings {
  std::string
      path;  // absolute; * ? and [] are allowed, and what matches is looked up again each round
  // The first that matches decides; a line that matches none is not an event.
  std::vector<SeverityPattern> severities = {
      {Severity::kCritical, "(?i)\\b(fatal|critical|crit|panic|emerg|alert)\\b"},
      {Severity::kError, "(?i)\\b(error|err|severe)\\b"},
      {Severity::kWarning, "(?i)\\b(warning|warn)\\b"},
  };
  std::string code;              // its first group is the program's error code; empty: no codes
  int64_t line_size = 16 << 10;  // bytes; what is longer is cut and counted
  bool from_start = false;       // of a file that was already there when it was first seen
};

// Exactly one of `command` and `url`.
struct CheckSettings {
  std::string name;
  // Program (absolute path) and arguments; no shell. Exit code 0 is passing, 1 warning, all else
  // failing; the first line of its output is the message.
  std::vector<std::string> command;
  std::string url;                // GET; http or https
  int64_t expected_status = 200;  // for url
  std::string expected_body;      // for url: found anywhere in the first 64 KiB; empty: anything
  std::string ca_file;            // for url: empty: the system's
  Duration interval = 60s;
  Duration timeout = 10s;
};

// A fact of the product, read from the first line of a file or of a command's output.
// Exactly one of `file` and `command`.
struct FactSourceSettings {
  std::string name;  // `product.version`
  std::string file;
  std::vector<std::string> command;  // as in CheckSettings
};

struct FactSettings {
  bool host = true;        // kernel, distribution, processors, memory, disks
  Duration interval = 1h;  // between two looks
  std::vector<FactSourceSettings> extra;
};

// Text that matches is replaced by a pseudonym: the same for the same text, made with a key that
// never leaves the host.
struct RedactionPattern {
  std::string name;  // what the pseudonym shows: `<name:6f2a…>`
  std::string pattern;
};

// What may leave the host. Applies before the spool, so that nothing else is ever on its disk
// either.
struct RedactionSettings {
  bool standard = true;  // e-mail addresses, credentials in URLs, tokens and keys, card numbers
  std::vector<RedactionPattern> patterns;
  std::vector<std::string> series_allow = {".*"};  // names of series
  std::vector<std::string> facts_allow = {".*"};   // names of facts
  bool log_messages = true;  // false: events from logs carry template and code, no example line
  std::string key_file;      // empty: made below state_dir at first start
};

struct ProbeSettings {
  std::string collector;    // host:port; required
  std::string server_name;  // in the collector's certificate; empty: the host of `collector`
  std::string state_dir = "/var/lib/forewarn-probe";
  std::string log_level = "info";  // debug, info, warn, error
  std::string host_name;           // becomes the label `instance`; empty: the kernel's
  Duration interval = 15s;         // of the rounds
  SpoolSettings spool;
  SourceSettings sources;
  FilesystemSettings filesystems;
  DeviceSettings devices;
  std::vector<QuotaSettings> quotas;
  std::vector<LogSettings> logs;
  std::vector<CheckSettings> checks;
  FactSettings facts;
  RedactionSettings redaction;
};

// Reads the text of a file named `path`. kInvalidArgument lists every mistake, one a line, as
// `path:line:column: what is wrong and what to write`.
StatusOr<ProbeSettings> ParseProbeSettings(const std::string& path, std::string_view text);
// The same from the disk.
StatusOr<ProbeSettings> LoadProbeSettings(const std::string& path);

// docs/reference/settings-probe.md.
std::string ProbeSettingsManual();
// A file with every setting at its default, commented out and explained.
std::string ProbeSettingsExample();

}  // namespace forewarn
