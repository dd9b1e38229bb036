#include <fmt/format.h>

#include "base/file.h"
#include "probe/parse.h"
#include "probe/source.h"

namespace forewarn {
namespace {

class FilefdSource : public Source {
 public:
  explicit FilefdSource(std::string root) : path_(std::move(root) + "/proc/sys/fs/file-nr") {}

  std::string_view name() const override { return "filefd"; }
  Status Read(Readings& out) override {
    FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
    return ParseFileNr(text, out).With(path_);
  }

 private:
  const std::string path_;
};

}  // namespace

// 655 0 2466177: allocated, always 0, the most that may be
Status ParseFileNr(std::string_view text, Readings& out) {
  std::vector<std::string_view> words = Words(text.substr(0, text.find('\n')));
  double allocated;
  double maximum;
  if (words.size() != 3 || !ParseNumber(words[0], allocated) || !ParseNumber(words[2], maximum)) {
    return InvalidArgument(
        fmt::format("three numbers were expected, not '{}'", text.substr(0, 80)));
  }
  out.Sample("node_filefd_allocated", allocated);
  out.Sample("node_filefd_maximum", maximum);
  return OkStatus();
}

std::unique_ptr<Source> MakeFilefdSource(std::string root) {
  return std::make_unique<FilefdSource>(std::move(root));
}

}  // namespace forewarn
