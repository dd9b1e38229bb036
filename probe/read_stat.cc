#include <fmt/format.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

struct Known {
  std::string_view key;
  std::string_view metric;
};
constexpr Known kKnown[] = {
    {"intr", "node_intr_total"},
    {"ctxt", "node_context_switches_total"},
    {"btime", "node_boot_time_seconds"},
    {"processes", "node_forks_total"},
    {"procs_running", "node_procs_running"},
    {"procs_blocked", "node_procs_blocked"},
};

class StatSource : public Source {
 public:
  explicit StatSource(std::string root) : path_(std::move(root) + "/proc/stat") {}

  std::string_view name() const override { return "stat"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseStat(text, out).With(path_);
  }

 private:
  const std::string path_;
};

}  // namespace

Status ParseStat(std::string_view stat, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(stat, line)) {
    size_t blank = line.find(' ');
    for (const Known& known : kKnown) {
      if (line.substr(0, blank) != known.key) continue;
      // Of `intr` only the first number, the sum, is wanted; the line has one for each interrupt.
      std::string_view rest = blank == std::string_view::npos ? "" : line.substr(blank + 1);
      std::string_view number = rest.substr(0, rest.find(' '));
      double value;
      if (!ParseNumber(number, value)) {
        return InvalidArgument(fmt::format("{}: '{}' is not a number", known.key, number));
      }
      out.Sample(known.metric, value);
      found = true;
    }
  }
  return found ? OkStatus() : InvalidArgument("no known line in it");
}

std::unique_ptr<Source> MakeStatSource(std::string root) {
  return std::make_unique<StatSource>(std::move(root));
}

}  // namespace forewarn
