#include <fmt/format.h>

#include "base/clock.h"
#include "base/units.h"
#include "probe/checks.h"
#include "probe/run_command.h"

namespace forewarn {
namespace {

class CommandCheck : public CheckRunner {
 public:
  CommandCheck(std::vector<std::string> command, Duration timeout)
      : command_(std::move(command)), timeout_(timeout) {}

  CheckResult Run() override {
    SystemClock clock;
    Duration started = clock.Monotonic();
    StatusOr<CommandOutcome> outcome = RunCommand(command_, timeout_);
    CheckResult result;
    result.took = clock.Monotonic() - started;
    if (!outcome.ok()) {
      result.message = outcome.status().message();
      return result;
    }
    result.message = FirstLine(outcome->output);
    if (outcome->timed_out) {
      result.message = fmt::format("no result within {}", FormatDuration(timeout_));
    } else if (outcome->signal != 0) {
      result.message = fmt::format("ended by signal {}: {}", outcome->signal, result.message);
    } else if (outcome->exit_code == 0) {
      result.verdict = Verdict::kPassing;
    } else if (outcome->exit_code == 1) {
      result.verdict = Verdict::kWarning;
    } else if (result.message.empty()) {
      result.message = fmt::format("exit code {}", outcome->exit_code);
    }
    return result;
  }

 private:
  const std::vector<std::string> command_;
  const Duration timeout_;
};

}  // namespace

std::unique_ptr<CheckRunner> MakeCommandCheck(std::vector<std::string> command, Duration timeout) {
  return std::make_unique<CommandCheck>(std::move(command), timeout);
}

}  // namespace forewarn
