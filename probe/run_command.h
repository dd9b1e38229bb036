#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

struct CommandOutcome {
  int exit_code = 0;  // -1 when it did not exit by itself
  int signal = 0;     // that ended it
  bool timed_out = false;
  std::string output;  // standard output and error as they came, at most `output_max` bytes
};

// Starts `command` (an absolute path and its arguments) without a shell, with standard input empty,
// in a process group of its own, and waits at most `timeout`; then the whole group is killed. What
// it writes beyond `output_max` is read and thrown away, so that it never blocks on us. Children
// that outlive it are killed too. Error: it could not be started.
StatusOr<CommandOutcome> RunCommand(const std::vector<std::string>& command, Duration timeout,
                                    size_t output_max = 64 << 10);

// The first line that is not blank, at most 1 KiB, as valid UTF-8 without control characters.
std::string FirstLine(const std::string& output);

}  // namespace forewarn
