#include <fmt/format.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

class LoadSource : public Source {
 public:
  explicit LoadSource(std::string root) : path_(std::move(root) + "/proc/loadavg") {}

  std::string_view name() const override { return "loadavg"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseLoadavg(text, out).With(path_);
  }

 private:
  const std::string path_;
};

}  // namespace

// 0.18 0.19 0.10 1/131 2044
Status ParseLoadavg(std::string_view text, Readings& out) {
  std::vector<std::string_view> words = Words(text.substr(0, text.find('\n')));
  constexpr std::string_view kMetrics[] = {"node_load1", "node_load5", "node_load15"};
  if (words.size() < std::size(kMetrics)) return InvalidArgument("three numbers were expected");
  for (size_t i = 0; i < std::size(kMetrics); ++i) {
    double value;
    if (!ParseNumber(words[i], value)) {
      return InvalidArgument(fmt::format("'{}' is not a number", words[i]));
    }
    out.Sample(kMetrics[i], value);
  }
  return OkStatus();
}

std::unique_ptr<Source> MakeLoadSource(std::string root) {
  return std::make_unique<LoadSource>(std::move(root));
}

}  // namespace forewarn
