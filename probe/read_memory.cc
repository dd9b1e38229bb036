#include <fmt/format.h>

#include "base/file.h"
#include "model/labels.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

class MemorySource : public Source {
 public:
  explicit MemorySource(std::string root) : path_(std::move(root) + "/proc/meminfo") {}

  std::string_view name() const override { return "meminfo"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseMeminfo(text, out).With(path_);
  }

 private:
  const std::string path_;
};

}  // namespace

// MemTotal:  16384256 kB; HugePages_Total: 0; Active(anon): 1 kB
Status ParseMeminfo(std::string_view text, Readings& out) {
  bool found = false;
  std::string_view line;
  while (NextLine(text, line)) {
    std::vector<std::string_view> words = Words(line);
    if (words.size() < 2 || !words[0].ends_with(":") || words[0].size() < 2) continue;
    std::string name = "node_memory_";
    for (char c : words[0].substr(0, words[0].size() - 1)) {
      if (c == ')') continue;
      name.push_back(c == '(' ? '_' : c);
    }
    if (!IsMetricName(name)) continue;
    double value;
    if (!ParseNumber(words[1], value)) {
      return InvalidArgument(fmt::format("{} '{}' is not a number", words[0], words[1]));
    }
    bool in_kib = words.size() > 2 && words[2] == "kB";
    out.Sample(in_kib ? name + "_bytes" : name, in_kib ? value * 1024 : value);
    found = true;
  }
  return found ? OkStatus() : InvalidArgument("no known line in it");
}

std::unique_ptr<Source> MakeMemorySource(std::string root) {
  return std::make_unique<MemorySource>(std::move(root));
}

}  // namespace forewarn
