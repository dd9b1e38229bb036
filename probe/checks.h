#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"
#include "probe/source.h"

namespace forewarn {

// What one run of a check found.
struct CheckResult {
  Verdict verdict = Verdict::kFailing;
  std::string message;  // one line, at most 1 KiB
  Duration took{0};
};

// One check. Run() blocks at most about `timeout`; a check whose answer does not come is failing.
class CheckRunner {
 public:
  virtual ~CheckRunner() = default;
  virtual CheckResult Run() = 0;
};

// A program without a shell, in a process group of its own, which is killed as a whole at the
// timeout. Exit code 0 is passing, 1 warning, everything else (a signal too, and a program that
// cannot be started) failing. The message is the first line of its output, standard error after
// standard output.
std::unique_ptr<CheckRunner> MakeCommandCheck(std::vector<std::string> command, Duration timeout);

struct HttpCheckOptions {
  std::string url;
  long expected_status = 200;
  std::string expected_body;  // found in the first 64 KiB; empty: anything
  std::string ca_file;        // empty: the system's
  Duration timeout = 10s;
};
// GET, redirects not followed. Passing when status and body are as expected.
std::unique_ptr<CheckRunner> MakeHttpCheck(const HttpCheckOptions& options);

struct CheckPlan {
  std::string name;
  Duration interval = 60s;
  std::unique_ptr<CheckRunner> runner;
};

// Runs each check at its interval in a thread of its own, so that a slow one delays nobody, and
// hands over in each round what has been found since the last: a Check for each run, and for each
// check its newest forewarn_check_status{check} (0 passing, 1 warning, 2 failing) and
// forewarn_check_duration_seconds{check}. `clock` is a loan. The destructor waits for checks that
// are running, hence at most for the longest timeout.
std::unique_ptr<Source> MakeCheckSource(std::vector<CheckPlan> plans, const Clock& clock);

}  // namespace forewarn
