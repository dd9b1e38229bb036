#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/telemetry.h"
#include "probe/redact.h"
#include "probe/source.h"

namespace forewarn {

struct SeverityRule {
  Severity severity = Severity::kError;
  std::string pattern;  // RE2, found anywhere in the line
};

struct LogOptions {
  std::string path;  // absolute; * ? [] as in glob(7), looked up again each round
  std::vector<SeverityRule> severities;  // the first that matches; a line without one is no event
  std::string code;            // RE2; its first group is the program's error code; empty: none
  size_t line_max = 16 << 10;  // what is longer is cut, and counted
  bool from_start = false;     // of files that are there when the log is seen for the first time
};

struct LogSourceOptions {
  std::vector<LogOptions> logs;
  std::string state_file;  // positions, so that a restart neither repeats nor misses lines
  size_t bytes_per_round = 4 << 20;  // of one file; the rest is read in the next rounds
  size_t kinds_per_round = 500;      // different events; what is beyond is counted in one event
  size_t files_max = 1000;           // of one path
};

// Log files as events: each line with a severity, redacted, and reduced to its template; equal ones
// within a round are one event with a count and one example.
//
// A file is followed by its inode: when it is renamed, its rest is read before the new file under
// the path is begun; when it got shorter (copied and truncated), it is read from the start. Lines
// count when their newline is there. Positions are kept at Commit(), after the events are safe, so
// a crash in between reads lines twice rather than never.
//
// Also: forewarn_probe_log_lines_total{path}, forewarn_probe_log_lines_cut_total{path}.
// Error: a pattern that is none. `redactor` is a loan.
StatusOr<std::unique_ptr<Source>> MakeLogSource(LogSourceOptions options, const Redactor& redactor);

}  // namespace forewarn
