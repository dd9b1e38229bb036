#include <fmt/format.h>

#include "base/file.h"
#include "model/labels.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

// oom_kill, pgpgin, pgpgout, pswpin, pswpout and the page faults: the few that say something of
// trouble.
bool IsWanted(std::string_view key) {
  if (key.starts_with("oom_kill") || key.starts_with("pgpg") || key.starts_with("pswp"))
    return true;
  return key.starts_with("pg") && key.find("fault") != std::string_view::npos;
}

class VmstatSource : public Source {
 public:
  explicit VmstatSource(std::string root) : path_(std::move(root) + "/proc/vmstat") {}

  std::string_view name() const override { return "vmstat"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseVmstat(text, out).With(path_);
  }

 private:
  const std::string path_;
};

}  // namespace

Status ParseVmstat(std::string_view text, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(text, line)) {
    std::vector<std::string_view> words = Words(line);
    if (words.size() != 2) continue;
    found = true;
    std::string name = fmt::format("node_vmstat_{}", words[0]);
    if (!IsWanted(words[0]) || !IsMetricName(name)) continue;
    double value;
    if (!ParseNumber(words[1], value)) {
      return InvalidArgument(fmt::format("{}: '{}' is not a number", words[0], words[1]));
    }
    out.Sample(name, value);
  }
  return found ? OkStatus() : InvalidArgument("no known line in it");
}

std::unique_ptr<Source> MakeVmstatSource(std::string root) {
  return std::make_unique<VmstatSource>(std::move(root));
}

}  // namespace forewarn
